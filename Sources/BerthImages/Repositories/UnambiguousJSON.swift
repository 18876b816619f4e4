import BerthUnpack

/// Refuses JSON that two readers may take for two documents.
///
/// Readers differ on a key that stands twice: one takes the first, another the last. Those written in Go, which is most
/// clients of a registry, also take `Layers` for `layers`. A manifest that plays on it is one image to who checks it and
/// another to who runs it, under one digest (the idea of CVE-2021-41190).
struct UnambiguousJSON {
    /// The members of manifests, indexes and descriptors that mean something, by their lower-case spelling.
    private static let members = Dictionary(
        uniqueKeysWithValues: [
            "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations",
            "digest", "size", "urls", "data", "platform", "architecture", "os", "variant",
        ].map { ($0.lowercased(), $0) })

    private struct Container {
        /// Arrays have no keys.
        var isObject: Bool
        /// Whether its keys are the writer's own, and not members.
        var isMap = false
        var expectsKey = false
        var keys: Set<String> = []
        var lastKey = ""
    }

    private var containers: [Container] = []

    /// - Parameter bytes: JSON that a decoder took; what is none is passed over.
    /// - Returns: what is ambiguous about it; nil if nothing is.
    static func fault(in bytes: [UInt8]) -> String? {
        var scan = UnambiguousJSON()
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\"") else {
                scan.take(byte)
                continue
            }
            let start = index
            while index < bytes.endIndex, bytes[index] != UInt8(ascii: "\"") {
                index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            if let fault = scan.take(string: bytes[start..<min(index, bytes.endIndex)]) { return fault }
            index += 1
        }
        return nil
    }

    private mutating func take(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "{"):
            containers.append(
                Container(isObject: true, isMap: containers.last?.lastKey == "annotations", expectsKey: true))
        case UInt8(ascii: "["): containers.append(Container(isObject: false))
        case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = containers.popLast()
        case UInt8(ascii: ","):
            if let last = containers.indices.last { containers[last].expectsKey = containers[last].isObject }
        default: break
        }
    }

    /// A key, or a value that needs no look.
    private mutating func take(string: ArraySlice<UInt8>) -> String? {
        guard let last = containers.indices.last, containers[last].expectsKey else { return nil }
        let key = String(decoding: string, as: UTF8.self)
        containers[last].expectsKey = false
        containers[last].lastKey = key
        guard !containers[last].isMap else {
            return containers[last].keys.insert(key).inserted ? nil : "the key \(Self.shown(key)) stands twice"
        }
        // An escape may spell any letter, and some letters beyond ASCII count as ASCII's to some readers.
        guard string.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\\") }) else {
            return "the key \(Self.shown(key)) is not written in plain letters"
        }
        let folded = key.lowercased()
        guard containers[last].keys.insert(folded).inserted else {
            return "the key \(Self.shown(key)) stands twice"
        }
        if let member = Self.members[folded], member != key {
            return "the key \(Self.shown(key)) should be \"\(member)\""
        }
        return nil
    }

    private static func shown(_ key: String) -> String { "\"\(Printable.text(key))\"" }
}
