import BerthLinux
import Glibc
import SystemPackage

/// The directory that holds all state of a daemon.
struct RootDirectory: Sendable {
    let path: String

    /// Makes it if there is none, and keeps others out of it.
    ///
    /// - Throws: ``CommandFailure`` when it cannot be made or written, or belongs to somebody else.
    init(preparing path: String) throws {
        do {
            try Self.make(path)
            try Self.checkOwner(path)
            try check("restrict", path) { chmod(path, 0o700) }
            try Self.probe(path)
        } catch let error as LinuxError {
            throw CommandFailure("\(error); name a root directory that this user may write with --root")
        }
        self.path = try Self.resolved(path)
    }

    /// Makes the directory and those above it.
    private static func make(_ path: String) throws(LinuxError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let error = Errno.current
        guard error == .noSuchFileOrDirectory, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw LinuxError("make root directory", path, errno: error)
        }
        try make(String(path[..<slash]))
        try check("make root directory", path) { mkdir(path, 0o700) }
    }

    private static func checkOwner(_ path: String) throws {
        var status = stat()
        try check("use root directory", path) { stat(path, &status) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure("\(path) is no directory; name another with --root")
        }
        guard status.st_uid == geteuid() else {
            throw CommandFailure(
                "\(path) belongs to user \(status.st_uid), not to this daemon's user \(geteuid()); name another with --root"
            )
        }
    }

    /// Root passes every permission check, so only a real file tells a read-only or full filesystem.
    private static func probe(_ path: String) throws(LinuxError) {
        let file = path + "/.writable"
        defer { unlink(file) }
        let descriptor = try OwnedDescriptor.open(file, flags: O_WRONLY | O_CREAT, mode: 0o600)
        try check("write to root directory", path) { [number = descriptor.number] in Glibc.write(number, "x", 1) }
    }

    private static func resolved(_ path: String) throws -> String {
        guard let real = realpath(path, nil) else { throw LinuxError("resolve", path, errno: .current) }
        defer { free(real) }
        return String(cString: real)
    }
}
