/// Writes tar archives byte by byte, hostile ones included: no library would write those.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// - Parameters:
    ///   - pax: records of an extended header before the entry; values may hold any bytes.
    ///   - statedSize: what the header says if not the data's length.
    mutating func add(
        _ name: String, type: Character = "0", data: [UInt8] = [], link: String = "", mode: Int = 0o644, uid: Int = 0,
        gid: Int = 0, mtime: Int = 1_700_000_000, device: (major: Int, minor: Int) = (0, 0),
        pax: [(String, [UInt8])] = [],
        statedSize: Int? = nil
    ) {
        if !pax.isEmpty {
            add("PaxHeaders/x", type: "x", data: pax.flatMap { Self.record($0.0, $0.1) })
        }
        if name.utf8.count > 100 { add("././@LongLink", type: "L", data: Array(name.utf8) + [0]) }
        if link.utf8.count > 100 { add("././@LongLink", type: "K", data: Array(link.utf8) + [0]) }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, at offset: Int, _ length: Int) {
            let digits = String(value, radix: 8)
            put(String(repeating: "0", count: max(0, length - 1 - digits.count)) + digits, at: offset, length - 1)
        }
        put(name, at: 0, 100)
        octal(mode, at: 100, 8)
        octal(uid, at: 108, 8)
        octal(gid, at: 116, 8)
        octal(statedSize ?? data.count, at: 124, 12)
        octal(mtime, at: 136, 12)
        put("        ", at: 148, 8)
        put(String(type), at: 156, 1)
        put(link, at: 157, 100)
        put("ustar", at: 257, 5)
        put("00", at: 263, 2)
        octal(device.major, at: 329, 8)
        octal(device.minor, at: 337, 8)
        octal(header.reduce(0) { $0 + Int($1) }, at: 148, 7)
        header[155] = UInt8(ascii: " ")
        bytes += header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
    }

    mutating func file(_ name: String, _ text: String = "", mode: Int = 0o644, uid: Int = 0, gid: Int = 0) {
        add(name, data: Array(text.utf8), mode: mode, uid: uid, gid: gid)
    }

    mutating func directory(_ name: String, mode: Int = 0o755, uid: Int = 0, gid: Int = 0, mtime: Int = 1_700_000_000) {
        add(name, type: "5", mode: mode, uid: uid, gid: gid, mtime: mtime)
    }

    mutating func symlink(_ name: String, to target: String) { add(name, type: "2", link: target, mode: 0o777) }

    mutating func hardLink(_ name: String, to target: String) { add(name, type: "1", link: target) }

    /// The archive with its end.
    func finished() -> [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// `<length> <key>=<value>\n`, where the length counts itself.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let body = Array(" \(key)=".utf8) + value + [0x0a]
        var length = body.count + 1
        while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
        return Array(String(length).utf8) + body
    }

    static func tar(_ build: (inout TarBuilder) -> Void) -> [UInt8] {
        var builder = TarBuilder()
        build(&builder)
        return builder.finished()
    }
}
