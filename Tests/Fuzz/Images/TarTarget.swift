import BerthLinux
import BerthUnpack
import Glibc

/// A directory in memory with a file that no archive may touch; `rootfs-tools/fuzz` mounts it, and makes all else read-only.
private let ground: SharedDescriptor = {
    guard let path = getenv("BERTH_FUZZ_GROUND") else { broken("BERTH_FUZZ_GROUND names no directory") }
    umask(0)
    do throws(LinuxError) {
        let ground = SharedDescriptor(try OwnedDescriptor.open(String(cString: path), flags: O_RDONLY | O_DIRECTORY))
        _ = try OwnedDescriptor.open("canary", at: ground.descriptor, flags: O_WRONLY | O_CREAT, mode: 0o640)
        return ground
    } catch {
        broken("\(error)")
    }
}()

/// Whatever the bytes: a tree in the layer's directory and nowhere else, or an error; and it can be removed.
@Sendable func unpackTar(_ input: UnsafeRawBufferPointer) {
    var bytes = Array(input)
    mendChecksums(&bytes)
    do throws(LinuxError) {
        try check("make", "work") { mkdirat(ground.number, "work", 0o700) }
        let work = try OwnedDescriptor.open("work", at: ground.descriptor, flags: O_RDONLY | O_DIRECTORY)
        bytes.withUnsafeBytes { unpack($0, in: work) }
        let names = try work.entryNames("work").map {
            String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        if Set(names) != ["root", "replaced", "directories"] { broken("beside the layer's root: \(names)") }
        if try ground.descriptor.entryNames("ground").count != 2 { broken("beside the canary is something") }
        var status = stat()
        guard fstatat(ground.number, "canary", &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode == S_IFREG | 0o640,
            status.st_nlink == 1, status.st_size == 0, status.st_uid == 0
        else { broken("the canary was touched") }
        try ground.descriptor.removeTree("work")
    } catch {
        broken("\(error)")
    }
}

private func unpack(_ bytes: UnsafeRawBufferPointer, in work: borrowing OwnedDescriptor) {
    do throws(ImageError) {
        let root = try directory("root", in: work)
        let trash = try directory("replaced", in: work)
        let records = try storing { () throws(LinuxError) in
            try OwnedDescriptor.open("directories", at: work, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o600)
        }
        let stream = try Compression.inflate(PieceStream(bytes, length: 4096), subject: "input", limits: limits)
        let reader = try TarReader(stream, subject: "input")
        let tree = try LayerDirectory(root: root, trash: trash)
        var extractor = LayerExtractor(tree: tree, directories: DirectoryRecords(file: records), limits: limits)
        let summary = try extractor.extract(reader)
        if summary.entries > limits.maximumEntries { broken("\(summary.entries) entries") }
        if summary.attributeBytes > limits.maximumAttributeBytes {
            broken("\(summary.attributeBytes) bytes of attributes")
        }
    } catch {
        // A refusal, which must say something.
        if error.message.isEmpty { broken("an error without a message: \(error.code)") }
        if error.message.utf8.contains(0x1b) { broken("a message with an escape") }
    }
}

private func directory(_ name: String, in work: borrowing OwnedDescriptor) throws(ImageError) -> OwnedDescriptor {
    do throws(LinuxError) {
        try check("make", name) { mkdirat(work.number, name, 0o700) }
        return try OwnedDescriptor.open(name, at: work, flags: O_RDONLY | O_DIRECTORY)
    } catch {
        throw ImageError(error)
    }
}

/// Makes the checksums of headers right, as far as they can be found by the sizes in them: else almost every input would
/// end at its first header.
private func mendChecksums(_ bytes: inout [UInt8]) {
    var position = 0
    while position + 512 <= bytes.count {
        let header = position..<(position + 512)
        if bytes[header].allSatisfy({ $0 == 0 }) {
            position += 512
            continue
        }
        bytes.replaceSubrange((position + 148)..<(position + 156), with: repeatElement(0x20, count: 8))
        let sum = String(bytes[header].reduce(0) { $0 + Int($1) }, radix: 8)
        let digits = Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8) + [0, 0x20]
        bytes.replaceSubrange((position + 148)..<(position + 156), with: digits)
        var size = 0
        for digit in bytes[(position + 124)..<(position + 136)] where (0x30...0x37).contains(digit) {
            size = min(size << 3 | Int(digit & 7), 1 << 40)
        }
        position += 512 + (size + 511) / 512 * 512
    }
}
