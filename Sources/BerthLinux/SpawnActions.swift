import CLinux
import Glibc
import SystemPackage

/// What a new process does with its descriptors before its program runs (posix_spawn(3)).
///
/// Noting a step can fail (ENOMEM, EBADF): a program must not start without it, with descriptors that it should not have.
public struct SpawnActions: ~Copyable {
    /// For posix_spawn(3).
    public var raw = posix_spawn_file_actions_t()

    public init() throws(LinuxError) {
        try Self.noting("the descriptors", posix_spawn_file_actions_init(&raw))
    }

    deinit {
        var raw = raw
        posix_spawn_file_actions_destroy(&raw)
    }

    /// Opens `path` as descriptor `number`.
    public mutating func open(_ path: String, as number: Int32, flags: Int32) throws(LinuxError) {
        try Self.noting(path, posix_spawn_file_actions_addopen(&raw, number, path, flags, 0))
    }

    /// Makes `number` a copy of `source`, which is not closed.
    public mutating func copy(_ source: Int32, to number: Int32) throws(LinuxError) {
        try Self.noting("descriptor \(source)", posix_spawn_file_actions_adddup2(&raw, source, number))
    }

    /// Closes every descriptor from `first` on.
    public mutating func close(from first: Int32) throws(LinuxError) {
        try Self.noting("descriptor \(first)", berth_spawn_close_from(&raw, first))
    }

    /// These functions return their error.
    private static func noting(_ subject: String, _ error: Int32) throws(LinuxError) {
        if error != 0 { throw LinuxError("prepare a program's start with", subject, errno: Errno(rawValue: error)) }
    }
}
