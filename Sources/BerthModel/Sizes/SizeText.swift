/// The two forms in which the API takes a task's size: a whole number of small units ("256", "512"), or a decimal
/// number of large ones (".25 vCPU", "1 GB").
public enum SizeText {
    /// CPU units: "256", ".25 vCPU", "1 vCPU". Nil when the text is neither, or is no whole number of units.
    public static func cpuUnits(_ text: String) -> Int? { parse(text, largeUnit: "vcpu") }

    /// MiB: "512", "1 GB", "0.5GB"; a GB is 1024 MiB. Nil when the text is neither, or is no whole number of MiB.
    public static func memoryMiB(_ text: String) -> Int? { parse(text, largeUnit: "gb") }

    private static func parse(_ text: String, largeUnit: String) -> Int? {
        let text = text.trimmed.lowercased()
        guard text.hasSuffix(largeUnit) else { return text.asDigits }
        return smallUnits(String(text.dropLast(largeUnit.count)).trimmed)
    }

    /// `number` × 1024, when that is whole; in integers, because a size must not depend on binary rounding.
    private static func smallUnits(_ number: String) -> Int? {
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let fraction = parts.count == 2 ? parts[1] : ""
        // Ten decimals say everything that a 1024th can say, and keep the product far from overflow.
        guard fraction.utf8.count <= 10, let digits = (parts[0] + fraction).asDigits, digits < 1 << 50 else {
            return nil
        }
        let scale = (0..<fraction.utf8.count).reduce(1) { scale, _ in scale * 10 }
        let (units, rest) = (digits * 1024).quotientAndRemainder(dividingBy: scale)
        return rest == 0 ? units : nil
    }
}

extension String {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
