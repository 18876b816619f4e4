import CLinux
import Glibc

/// A pipe, close-on-exec at both ends.
@frozen public struct Pipe: ~Copyable, Sendable {
    public let read: OwnedDescriptor
    public let write: OwnedDescriptor

    public init() throws(LinuxError) {
        var ends: [Int32] = [-1, -1]
        try check("make", "pipe") { berth_pipe(&ends) }
        read = OwnedDescriptor(owning: ends[0])
        write = OwnedDescriptor(owning: ends[1])
    }
}

/// Two connected Unix sockets of type SOCK_SEQPACKET, close-on-exec both.
@frozen public struct SocketPair: ~Copyable, Sendable {
    public let ours: OwnedDescriptor
    public let theirs: OwnedDescriptor

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
