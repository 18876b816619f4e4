import Glibc
import SystemPackage

/// Unix sockets of type SOCK_SEQPACKET, in directories of ours: never abstract (CVE-2020-15257).
public enum LocalSocket {
    /// Whether there is something to read, or no more to come, before the time is up.
    public static func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var readable = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&readable, 1, milliseconds) > 0
    }

    /// Binds a listening socket to `name` in a directory; the name must be free.
    public static func listen(in directory: borrowing OwnedDescriptor, name: String) throws(LinuxError)
        -> OwnedDescriptor
    {
        let socket = try make()
        try withAddress(directory, name) { address, length throws(LinuxError) in
            _ = try check("bind", name) { bind(socket.number, address, length) }
        }
        try check("listen on", name) { Glibc.listen(socket.number, 8) }
        return socket
    }

    /// Connects to `name` in a directory. ECONNREFUSED or ENOENT: nobody listens there any more.
    public static func connect(in directory: borrowing OwnedDescriptor, name: String) throws(LinuxError)
        -> OwnedDescriptor
    {
        let socket = try make()
        try withAddress(directory, name) { address, length throws(LinuxError) in
            _ = try check("connect to", name) { Glibc.connect(socket.number, address, length) }
        }
        return socket
    }

    private static func make() throws(LinuxError) -> OwnedDescriptor {
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        return OwnedDescriptor(owning: try check("make", "socket") { socket(AF_UNIX, type, 0) })
    }

    /// `sun_path` has room for 108 bytes; the directory is named by its descriptor, so its real path may be longer.
    private static func withAddress(
        _ directory: borrowing OwnedDescriptor, _ name: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(LinuxError) -> Void
    ) throws(LinuxError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array("/proc/self/fd/\(directory.number)/\(name)".utf8)
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard path.count < room else { throw LinuxError("name", name, errno: .fileNameTooLong) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Result { () throws(LinuxError) in try body(generic, socklen_t(MemoryLayout<sockaddr_un>.size)) }
            }
        }
        try result.get()
    }
}
