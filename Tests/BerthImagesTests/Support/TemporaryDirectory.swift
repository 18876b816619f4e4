import BerthLinux
import Glibc
import Testing

/// A directory of one test, removed with all in it when the test lets go of it.
final class TemporaryDirectory: Sendable {
    let path: String

    /// In memory where that can be had: ext4 without a journal, as on development machines, takes its time to make
    /// files where others were just removed.
    private static let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

    init() throws {
        var template = Array("\(Self.parent)/berth-images-XXXXXX".utf8CString)
        let made = mkdtemp(&template) != nil
        try #require(made, "a directory under \(Self.parent) can be made")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        guard let parent = try? OwnedDescriptor.open(Self.parent, flags: O_RDONLY | O_DIRECTORY) else { return }
        try? parent.removeTree(String(path.dropFirst(Self.parent.count + 1)))
    }

    func makeDirectory(_ name: String) { mkdir("\(path)/\(name)", 0o755) }
}

func writeFile(_ path: String, _ bytes: some Collection<UInt8>) throws {
    let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    let bytes = Array(bytes)
    try bytes.withUnsafeBytes { try file.writeAll($0, subject: path) }
}

/// What lstat(2) says; nil if there is nothing.
func status(_ path: String) -> stat? {
    var status = stat()
    return lstat(path, &status) == 0 ? status : nil
}

func kind(_ path: String) -> mode_t? { status(path).map { $0.st_mode & S_IFMT } }

func text(_ path: String) throws -> String { try SmallFile.read(path) }

func names(_ path: String) throws -> [String] {
    try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY).entryNames(path).map {
        String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }.sorted()
}

func attribute(_ name: String, _ path: String) throws -> [UInt8]? {
    let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
    return try ExtendedAttribute.get(name, of: file.number, limit: 4096)
}
