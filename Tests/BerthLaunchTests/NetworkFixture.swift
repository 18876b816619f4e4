import BerthLinux
import CLinux
import Foundation
import Glibc
import Synchronization

/// A network namespace that a test made, as the daemon makes one for a task: it belongs to the host's user namespace.
enum TestNamespace {
    /// Its loopback interface is up.
    static func make() throws -> SharedNamespace {
        let made = DispatchSemaphore(value: 0)
        let result = Made()
        try startThread(name: "test-network") {
            result.namespace.withLock { $0 = Result { () throws(LinuxError) in try unsharedHere() } }
            made.signal()
        }
        made.wait()
        return try result.namespace.withLock { try ($0 ?? .failure(.init("make", "namespace", errno: .current))).get() }
    }

    private final class Made: Sendable {
        let namespace = Mutex<Result<SharedNamespace, LinuxError>?>(nil)
    }

    private static func unsharedHere() throws(LinuxError) -> SharedNamespace {
        let newNetwork: UInt = 0x4000_0000
        try check("make", "network namespace") { berth_syscall(Int(SYS_unshare), newNetwork, 0, 0, 0, 0) }
        let namespace = try SharedNamespace.current()
        let socket = OwnedDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        var request = ifreq()
        withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: "lo".utf8) }
        request.ifr_ifru.ifru_flags = Int16(IFF_UP)
        let up: UInt = 0x8914
        try check("bring up", "lo") {
            withUnsafeMutableBytes(of: &request) { berth_ioctl(socket.number, up, UInt(bitPattern: $0.baseAddress)) }
        }
        return namespace
    }

    /// The kernel's name of it, as a link below `/proc/PID/ns` says it: `net:[4026532000]`.
    static func name(of namespace: SharedNamespace) -> String {
        var status = stat()
        fstat(namespace.network.number, &status)
        return "net:[\(status.st_ino)]"
    }
}
