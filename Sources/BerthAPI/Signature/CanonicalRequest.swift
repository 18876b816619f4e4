/// A request in the one form that both sides of Signature Version 4 hash.
struct CanonicalRequest {
    var method: String
    /// As it is on the wire, already percent-encoded once.
    var path: Substring
    /// As it is on the wire, without the question mark.
    var query: Substring
    /// In the order of `SignedHeaders`, names in lower case, a value for each line of that name.
    var headers: [(name: String, values: [String])]
    /// The body's SHA-256 in hexadecimal, or `UNSIGNED-PAYLOAD`.
    var payloadHash: String

    /// The text to hash.
    func bytes() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(768)
        output.append(contentsOf: method.utf8)
        output.append(newline)
        appendPath(to: &output)
        output.append(newline)
        appendQuery(to: &output)
        output.append(newline)
        for (name, values) in headers {
            output.append(contentsOf: name.utf8)
            output.append(UInt8(ascii: ":"))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.appendTrimmed(value, to: &output)
            }
            output.append(newline)
        }
        output.append(newline)
        for (index, header) in headers.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ";")) }
            output.append(contentsOf: header.name.utf8)
        }
        output.append(newline)
        output.append(contentsOf: payloadHash.utf8)
        return output
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }

    /// Dot segments and empty segments resolved, then encoded a second time: every service but S3 wants it so.
    private func appendPath(to output: inout [UInt8]) {
        if path.isEmpty || path == "/" {
            output.append(UInt8(ascii: "/"))
            return
        }
        var segments: [Substring.UTF8View.SubSequence] = []
        for segment in path.utf8.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) { continue }
            if segment.elementsEqual("..".utf8) { _ = segments.popLast() } else { segments.append(segment) }
        }
        for segment in segments {
            output.append(UInt8(ascii: "/"))
            PercentEncoding.append(segment, to: &output)
        }
        if segments.isEmpty || path.utf8.last == UInt8(ascii: "/") { output.append(UInt8(ascii: "/")) }
    }

    /// Sorted by name, then value; both encoded anew, so that it does not matter how the client encoded them.
    private func appendQuery(to output: inout [UInt8]) {
        if query.isEmpty { return }
        var pairs: [(name: [UInt8], value: [UInt8])] = QueryString.pairs(query.utf8).compactMap { pair in
            if pair.name.elementsEqual("X-Amz-Signature".utf8) { return nil }
            var name: [UInt8] = []
            var value: [UInt8] = []
            PercentEncoding.append(pair.name, to: &name)
            PercentEncoding.append(pair.value, to: &value)
            return (name, value)
        }
        pairs.sort { one, other in
            one.name == other.name
                ? one.value.lexicographicallyPrecedes(other.value) : one.name.lexicographicallyPrecedes(other.name)
        }
        for (index, pair) in pairs.enumerated() {
            if index > 0 { output.append(UInt8(ascii: "&")) }
            output.append(contentsOf: pair.name)
            output.append(UInt8(ascii: "="))
            output.append(contentsOf: pair.value)
        }
    }

    /// Without space at either end, and one space for each run of spaces inside.
    private static func appendTrimmed(_ value: String, to output: inout [UInt8]) {
        var pendingSpace = false
        let start = output.count
        for byte in value.utf8 {
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
                pendingSpace = true
                continue
            }
            if pendingSpace && output.count > start { output.append(UInt8(ascii: " ")) }
            pendingSpace = false
            output.append(byte)
        }
    }
}
