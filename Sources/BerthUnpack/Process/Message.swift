/// Puts values one after the other, as both ends of a channel agree on; numbers as the machine has them.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: Int64(value)) { bytes.append(contentsOf: $0) }
    }

    /// With its length before it.
    mutating func put(_ blob: some Collection<UInt8>) {
        put(blob.count)
        bytes.append(contentsOf: blob)
    }

    mutating func put(_ text: String) { put(Array(text.utf8)) }
}

/// Takes apart what ``MessageWriter`` put together. The other end may be in the hands of a hostile layer: what does not
/// fit is an error, never a crash.
struct MessageReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func number() throws(ImageError) -> Int64 {
        let bytes = try take(8)
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
    }

    mutating func blob() throws(ImageError) -> [UInt8] {
        let count = try number()
        return Array(try take(Int(exactly: count) ?? -1))
    }

    /// What is no UTF-8 is replaced.
    mutating func text() throws(ImageError) -> String { String(decoding: try blob(), as: UTF8.self) }

    private mutating func take(_ count: Int) throws(ImageError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest.count else {
            throw ImageError(.storage, "berth-unpack and berth misunderstand each other; install both from one build")
        }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
