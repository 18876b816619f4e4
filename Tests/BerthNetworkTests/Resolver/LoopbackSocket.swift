import BerthLinux
import Glibc

/// A datagram or stream socket on loopback, with patience of a minute.
final class LoopbackSocket: Sendable {
    let descriptor: OwnedDescriptor
    let port: UInt16

    init(owning number: Int32, port: UInt16) {
        descriptor = OwnedDescriptor(owning: number)
        self.port = port
    }

    /// - Parameter host: the last byte of 127.0.0.x to be bound to.
    init(host: UInt8 = 1, stream: Bool = false) throws {
        let kind = Int32(stream ? SOCK_STREAM.rawValue : SOCK_DGRAM.rawValue)
        descriptor = OwnedDescriptor(owning: try check("make", "a socket") { socket(AF_INET, kind, 0) })
        let number = descriptor.number
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        try Self.with(host, 0) { address, size in try check("bind", "a socket") { bind(number, address, size) } }
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(number, $0, &size) }
        }
        port = UInt16(bigEndian: name.sin_port)
    }

    func connect(to port: Int, host: UInt8 = 1) throws {
        let number = descriptor.number
        try Self.with(host, UInt16(port)) { address, size in
            try check("connect", "a socket") { Glibc.connect(number, address, size) }
        }
    }

    func send(_ bytes: [UInt8]) throws {
        let number = descriptor.number
        try check("send on", "a socket") { bytes.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, 0) } }
    }

    /// Nil when nothing comes.
    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 70_000)
        let count = recv(descriptor.number, &bytes, bytes.count, 0)
        return count >= 0 ? Array(bytes[..<count]) : nil
    }

    /// A datagram with the port of 127.0.0.x that sent it.
    func receiveFrom() -> (bytes: [UInt8], port: UInt16)? {
        var bytes = [UInt8](repeating: 0, count: 70_000)
        var name = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = withUnsafeMutablePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(descriptor.number, &bytes, bytes.count, 0, $0, &size)
            }
        }
        return count >= 0 ? (Array(bytes[..<count]), UInt16(bigEndian: name.sin_port)) : nil
    }

    func send(_ bytes: [UInt8], to port: UInt16, host: UInt8 = 1) throws {
        let number = descriptor.number
        try Self.with(host, port) { address, size in
            try check("send on", "a socket") {
                bytes.withUnsafeBytes { sendto(number, $0.baseAddress, $0.count, 0, address, size) }
            }
        }
    }

    private static func with(
        _ host: UInt8, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> some Any
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        _ = try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
