import CLinux
import Glibc

/// A pipe, close-on-exec at both ends.
@frozen public struct Pipe: ~Copyable, Sendable {
    /// Where to read what was written.
    public let read: OwnedDescriptor
    /// Where to write; EPIPE and SIGPIPE when nobody reads any more.
    public let write: OwnedDescriptor

    /// Makes both ends, blocking; EMFILE when the process has no descriptors left.
    public init() throws(LinuxError) {
        var ends: [Int32] = [-1, -1]
        try check("make", "pipe") { berth_pipe(&ends) }
        read = OwnedDescriptor(owning: ends[0])
        write = OwnedDescriptor(owning: ends[1])
    }
}

/// Two connected Unix sockets of type SOCK_SEQPACKET, close-on-exec both.
@frozen public struct SocketPair: ~Copyable, Sendable {
    /// The end to keep.
    public let ours: OwnedDescriptor
    /// The end to give away; the same as the other but for its name.
    public let theirs: OwnedDescriptor

    /// Makes both ends, blocking; EMFILE when the process has no descriptors left.
    public init() throws(LinuxError) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try check("make", "socket pair") { socketpair(AF_UNIX, type, 0, &ends) }
        ours = OwnedDescriptor(owning: ends[0])
        theirs = OwnedDescriptor(owning: ends[1])
    }
}

extension OwnedDescriptor {
    /// A second descriptor of the same open file, close-on-exec.
    public borrowing func copy() throws(LinuxError) -> OwnedDescriptor {
        let number = self.number
        return OwnedDescriptor(owning: try check("copy", "descriptor \(number)") { berth_dup_above(number, 3) })
    }
}
