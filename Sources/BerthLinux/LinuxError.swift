import SystemPackage

/// A system call that failed: what was tried, on what, and what the kernel said.
public struct LinuxError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, in words that continue "cannot", for example `open` or `mount`.
    public var operation: String
    /// The path, name or number it was tried on.
    public var subject: String
    /// What the kernel said.
    public var errno: Errno
    /// What the kernel said beside it, as netlink's extended acknowledgement; usually nil.
    public var detail: String?

    /// - Parameters:
    ///   - operation: in words that continue "cannot".
    ///   - subject: what it was tried on.
    ///   - errno: what the kernel said.
    public init(_ operation: String, _ subject: String, errno: Errno) {
        self.operation = operation
        self.subject = subject
        self.errno = errno
    }

    /// For example "cannot open /srv/x: No such file or directory".
    public var description: String {
        "cannot \(operation) \(subject): \(errno.description)" + (detail.map { " (\($0))" } ?? "")
    }
}
