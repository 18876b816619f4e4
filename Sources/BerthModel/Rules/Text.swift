extension String {
    /// Letters, digits, hyphens and underscores, one to `limit` of them: families, clusters, containers, volumes.
    func isName(limit: Int = 255) -> Bool {
        !isEmpty && utf8.count <= limit && utf8.allSatisfy { $0.isASCIILetterOrDigit || $0 == 0x2D || $0 == 0x5F }
    }

    /// Only ASCII digits, at least one, and a value that an `Int` holds; `Int(_:)` would also take a sign.
    var asDigits: Int? {
        !isEmpty && utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(self) : nil
    }
}

extension UInt8 {
    var isASCIILetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
