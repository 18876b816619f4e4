import CLinux
import Glibc
import SystemPackage

/// A file descriptor that closes itself: it has one owner, and its end is the descriptor's end.
///
/// Every descriptor Berth opens is close-on-exec, so that no task and no helper process inherits it.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The descriptor's number; valid as long as this value lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) { self.number = number }

    deinit { _ = close(number) }

    /// Gives up ownership: the caller closes it.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// The same under a number that is out of the way: libraries that wait with select(2) can only use those below 1,024, which
    /// thousands of namespaces or ports would take. Where the process may not open so many it is as it was.
    public consuming func outOfTheWay() -> OwnedDescriptor {
        let high = berth_dup_above(number, 1024)
        guard high >= 0 else { return self }
        return OwnedDescriptor(owning: high)
    }

    /// Opens a path with openat2(2).
    ///
    /// - Parameters:
    ///   - directory: where a relative path begins; nil is the working directory.
    ///   - flags: as in open(2); O_CLOEXEC is added.
    ///   - resolve: RESOLVE_ flags of openat2(2), for paths that a task or an image had a hand in.
    public static func open(
        _ path: String, at directory: borrowing OwnedDescriptor, flags: Int32, mode: UInt32 = 0, resolve: UInt64 = 0
    ) throws(LinuxError) -> OwnedDescriptor {
        try open(path, atNumber: directory.number, flags: flags, mode: mode, resolve: resolve)
    }

    /// Opens a path that starts at the working directory or the root.
    public static func open(
        _ path: String, flags: Int32, mode: UInt32 = 0, resolve: UInt64 = 0
    ) throws(LinuxError) -> OwnedDescriptor {
        try open(path, atNumber: AT_FDCWD, flags: flags, mode: mode, resolve: resolve)
    }

    private static func open(
        _ path: String, atNumber directory: Int32, flags: Int32, mode: UInt32, resolve: UInt64
    ) throws(LinuxError) -> OwnedDescriptor {
        let all = UInt64(UInt32(bitPattern: flags | O_CLOEXEC))
        while true {
            let number = berth_openat2(directory, path, all, UInt64(mode), resolve)
            if number >= 0 { return OwnedDescriptor(owning: number) }
            if errno != EINTR && errno != EAGAIN { throw LinuxError("open", path, errno: .current) }
        }
    }
}

/// O_PATH of open(2), which the Glibc module does not show: a descriptor that names a file without opening it.
public let openPathOnly: Int32 = 0o10_000_000

extension Errno {
    /// The calling thread's `errno`; read it before any other call.
    public static var current: Errno { Errno(rawValue: errno) }
}

/// Turns a system call's -1 into a ``LinuxError``.
///
/// EINTR is tried again.
@discardableResult
public func check<Result: SignedInteger>(
    _ operation: String, _ subject: @autoclosure () -> String, _ call: () -> Result
) throws(LinuxError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = Errno.current
        if error != .interrupted { throw LinuxError(operation, subject(), errno: error) }
    }
}
