/// Names that strangers chose, made fit for a log line: what is not plain text is escaped, what is long is cut.
package enum Printable {
    /// - Parameter limit: bytes; what is longer is cut and ends in `…`.
    package static func text(_ bytes: some Collection<UInt8>, limit: Int = 200) -> String {
        var result = ""
        for scalar in String(decoding: bytes.prefix(limit), as: UTF8.self).unicodeScalars {
            result +=
                scalar.properties.generalCategory == .control || scalar == "\u{FFFD}"
                ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return bytes.count > limit ? result + "…" : result
    }

    /// - Parameter limit: bytes of UTF-8.
    package static func text(_ string: String, limit: Int = 200) -> String {
        text(Array(string.utf8), limit: limit)
    }

    /// A NUL-terminated name.
    package static func text(_ name: UnsafePointer<CChar>) -> String {
        var length = 0
        while name[length] != 0 { length += 1 }
        return name.withMemoryRebound(to: UInt8.self, capacity: length) {
            text(UnsafeBufferPointer(start: $0, count: length))
        }
    }
}
