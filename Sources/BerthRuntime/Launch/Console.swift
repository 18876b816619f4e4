import BerthLinux
import Glibc
import SystemPackage

/// The socket that a caller wants a container's terminal on.
enum Console {
    /// Connected before anything is made, so that a caller who does not listen is told at once.
    static func connect(_ path: String) throws(Failure) -> OwnedDescriptor {
        try step { () throws(LinuxError) in
            let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            let socket = OwnedDescriptor(owning: try check("make", "socket") { Glibc.socket(AF_UNIX, type, 0) })
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            var bytes = Array(path.utf8)
            // A path that is too long for an address is reached by its directory.
            var directory: OwnedDescriptor?
            if bytes.count >= MemoryLayout.size(ofValue: address.sun_path), let slash = path.lastIndex(of: "/") {
                let parent = try OwnedDescriptor.open(String(path[..<slash]), flags: openPathOnly | O_DIRECTORY)
                bytes = Array("/proc/self/fd/\(parent.number)\(path[slash...])".utf8)
                directory = consume parent
            }
            guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
                throw LinuxError("connect to", path, errno: .fileNameTooLong)
            }
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
            try check("connect to the console socket", path) {
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        Glibc.connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                    }
                }
            }
            _ = consume directory
            return socket
        }
    }

    /// Gives a terminal away if somebody waits for it; else it is ours to keep.
    static func handOver(
        _ terminal: consuming OwnedDescriptor?, to console: consuming OwnedDescriptor?
    ) throws(Failure) -> OwnedDescriptor? {
        guard let terminal else { return nil }
        guard let console else { return terminal }
        try send(terminal, over: console)
        return nil
    }

    /// The text beside it is what runc sends.
    private static func send(_ terminal: borrowing OwnedDescriptor, over socket: borrowing OwnedDescriptor)
        throws(Failure)
    {
        var name = Array("/dev/ptmx".utf8)
        // struct cmsghdr and one descriptor, as cmsg(3) lays them out on 64-bit machines: 16 bytes, then 4, padded to 24.
        var control: [UInt64] = [20, UInt64(UInt32(SOL_SOCKET)) | UInt64(SCM_RIGHTS) << 32, 0]
        control[2] = UInt64(UInt32(bitPattern: terminal.number))
        let result = name.withUnsafeMutableBytes { text in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: text.baseAddress, iov_len: text.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return sendmsg(socket.number, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
        if result < 0 {
            throw Failure("\(LinuxError("send the terminal over", "the console socket", errno: .current))")
        }
    }
}
