/// Where an entry of a layer belongs: relative to the layer's root, cleaned, parted into directory and name.
///
/// Leading slashes and `.` mean nothing; `..` is refused, since no builder writes it and only an attack needs it.
struct EntryPath {
    /// The directory's path, NUL-terminated; empty for the root.
    let parent: [CChar]
    /// The name in it, NUL-terminated; empty for the root itself.
    let name: [CChar]
    /// What the name means (image-spec, "Whiteouts").
    let role: Role

    enum Role: Equatable {
        case ordinary
        /// `.wh.<name>`: what lower layers have under that name is gone.
        case whiteout(of: [CChar])
        /// `.wh..wh..opq`: all that lower layers have in the directory is gone.
        case opaque
        /// Other `.wh..wh.` names: bookkeeping of the aufs file system, no content.
        case bookkeeping
    }

    var isRoot: Bool { name.count == 1 }

    init(_ text: UnsafePointer<CChar>, limits: LayerLimits) throws(ImageError) {
        var clean: [CChar] = []
        var lastStart = 0
        var depth = 0
        var isBookkeeping = false
        var cursor = text
        while true {
            while cursor.pointee == slash { cursor += 1 }
            if cursor.pointee == 0 { break }
            let start = cursor
            while cursor.pointee != slash && cursor.pointee != 0 { cursor += 1 }
            let component = UnsafeBufferPointer(start: start, count: cursor - start)
            if component.elementsEqual(dot) { continue }
            try Self.check(component, in: text, limits: limits)
            if !clean.isEmpty {
                if clean[lastStart...].starts(with: whiteoutPrefix) {
                    guard clean[lastStart...].starts(with: bookkeepingPrefix) else {
                        throw ImageError(.malformed, "entry \(Printable.text(text)) lies below a whiteout")
                    }
                    isBookkeeping = true
                }
                clean.append(slash)
                lastStart = clean.count
            }
            clean.append(contentsOf: component)
            depth += 1
            guard clean.count <= limits.maximumPathBytes, depth <= limits.maximumDepth + 1 else {
                throw ImageError(
                    .limitExceeded,
                    "entry \(Printable.text(text)) is too deep or too long; limits are "
                        + "\(limits.maximumDepth) directories and \(limits.maximumPathBytes) bytes")
            }
        }
        let leaf = Array(clean[lastStart...])
        parent = lastStart == 0 ? [0] : Array(clean[..<(lastStart - 1)]) + [0]
        name = leaf + [0]
        role = isBookkeeping ? .bookkeeping : try Self.role(of: leaf, in: text)
    }

    private static func check(
        _ component: UnsafeBufferPointer<CChar>, in text: UnsafePointer<CChar>, limits: LayerLimits
    ) throws(ImageError) {
        if component.elementsEqual(dot + dot) {
            throw ImageError(
                .unsafe, "entry \(Printable.text(text)) holds \"..\"; a layer names no place outside itself")
        }
        if component.count > limits.maximumNameBytes {
            throw ImageError(
                .limitExceeded, "entry \(Printable.text(text)) has a name longer than \(limits.maximumNameBytes) bytes")
        }
    }

    private static func role(of leaf: [CChar], in text: UnsafePointer<CChar>) throws(ImageError) -> Role {
        guard leaf.starts(with: whiteoutPrefix) else { return .ordinary }
        if leaf == opaqueName { return .opaque }
        if leaf.starts(with: bookkeepingPrefix) { return .bookkeeping }
        let hidden = Array(leaf[whiteoutPrefix.count...])
        guard !hidden.isEmpty, hidden != dot, hidden != dot + dot else {
            throw ImageError(.malformed, "entry \(Printable.text(text)) is a whiteout of nothing")
        }
        return .whiteout(of: hidden + [0])
    }

    /// For messages.
    var text: String {
        let directory = parent.withUnsafeBufferPointer { $0.baseAddress.map(Printable.text) ?? "" }
        let leaf = name.withUnsafeBufferPointer { $0.baseAddress.map(Printable.text) ?? "" }
        return directory.isEmpty ? (leaf.isEmpty ? "/" : leaf) : "\(directory)/\(leaf)"
    }
}

private func characters(_ text: StaticString) -> [CChar] {
    text.withUTF8Buffer { $0.map { CChar(bitPattern: $0) } }
}

private let slash = CChar(0x2f)
private let dot = characters(".")
private let whiteoutPrefix = characters(".wh.")
private let bookkeepingPrefix = characters(".wh..wh.")
private let opaqueName = characters(".wh..wh..opq")
