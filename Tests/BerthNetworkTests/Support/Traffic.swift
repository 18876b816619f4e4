import BerthLinux
import Glibc
import Testing

@testable import BerthNetwork

/// A socket that waits for others.
struct Listener: Sendable {
    let socket: SharedDescriptor
    let port: UInt16
}

/// What programs do with a network, from a namespace.
extension TestNamespace {
    /// On any free port, of all addresses, when `port` is 0.
    func listen(_ address: String = "::", port: UInt16 = 0) async throws -> Listener {
        try await run {
            let address = SocketAddress(address, port)
            let socket = try SocketAddress.socket(address.family, SOCK_STREAM)
            try check("bind", "\(address)") { address.with { bind(socket.number, $0, $1) } }
            try check("listen", "\(address)") { Glibc.listen(socket.number, 64) }
            return Listener(socket: socket, port: try SocketAddress.port(of: socket.number))
        }
    }

    func bindUDP(_ address: String = "::", port: UInt16 = 0) async throws -> Listener {
        try await run {
            let address = SocketAddress(address, port)
            let socket = try SocketAddress.socket(address.family, SOCK_DGRAM)
            try check("bind", "\(address)") { address.with { bind(socket.number, $0, $1) } }
            return Listener(socket: socket, port: try SocketAddress.port(of: socket.number))
        }
    }

    /// Whether a connection is made; a busy machine may need seconds for it.
    func reaches(_ address: String, _ port: UInt16) async throws -> Bool {
        try await connect(address, port, within: 20_000) != nil
    }

    /// Whether no connection is made: what is dropped gives no answer, so that none is waited for long.
    func isCutOff(from address: String, _ port: UInt16) async throws -> Bool {
        try await connect(address, port, within: 400) == nil
    }

    /// The connection, or nil if there is none.
    func connect(_ address: String, _ port: UInt16, within milliseconds: Int = 20_000) async throws -> SharedDescriptor?
    {
        try await run {
            let address = SocketAddress(address, port)
            let socket = try SocketAddress.socket(address.family, SOCK_STREAM)
            try SocketAddress.limit(socket.number, milliseconds)
            return address.with({ Glibc.connect(socket.number, $0, $1) }) == 0 ? socket : nil
        }
    }

    /// Sends datagrams that nobody need take.
    func sendUDP(_ address: String, _ port: UInt16, bytes: Int, times: Int) async throws {
        try await run {
            let address = SocketAddress(address, port)
            for _ in 0..<times {
                // Each from another: what came back for an earlier one is no error of this.
                let socket = try SocketAddress.socket(address.family, SOCK_DGRAM)
                let content = [UInt8](repeating: 7, count: bytes)
                try check("send", "\(address)") {
                    address.with { sendto(socket.number, content, content.count, 0, $0, $1) }
                }
            }
        }
    }

    /// Whether a datagram comes back that a listener there was sent.
    func reachesUDP(_ address: String, _ port: UInt16, of listener: Listener) async throws -> Bool {
        try await run {
            let address = SocketAddress(address, port)
            let socket = try SocketAddress.socket(address.family, SOCK_DGRAM)
            try SocketAddress.limit(socket.number, 20_000)
            try SocketAddress.limit(listener.socket.number, 20_000)
            var byte: UInt8 = 7
            try check("connect", "\(address)") { address.with { Glibc.connect(socket.number, $0, $1) } }
            try check("send", "\(address)") { Glibc.send(socket.number, &byte, 1, 0) }
            var sender = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let received = withUnsafeMutablePointer(to: &sender) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(listener.socket.number, &byte, 1, 0, $0, &size)
                }
            }
            guard received == 1 else { return false }
            let answered = withUnsafePointer(to: &sender) { storage in
                storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(listener.socket.number, &byte, 1, 0, $0, size)
                }
            }
            return answered == 1 && recv(socket.number, &byte, 1, 0) == 1
        }
    }
}

extension Listener {
    /// Ends the socket now: the thread that made it may hold its descriptor for a moment longer.
    func end() throws {
        let nothing = try OwnedDescriptor.open("/dev/null", flags: O_RDONLY)
        try check("end", "socket") { dup2(nothing.number, socket.number) }
    }

    /// Whom the next connection that waits comes from; nil if none does.
    func nextPeer() throws -> String? {
        try SocketAddress.limit(socket.number, 20_000)
        var sender = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let accepted = withUnsafeMutablePointer(to: &sender) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(socket.number, $0, &size) }
        }
        guard accepted >= 0 else { return nil }
        defer { close(accepted) }
        var text = [CChar](repeating: 0, count: 64)
        inet_ntop(AF_INET6, &sender.sin6_addr, &text, 64)
        let peer = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return peer.hasPrefix("::ffff:") ? String(peer.dropFirst(7)) : peer
    }
}

/// An address as sockets want it.
struct SocketAddress: CustomStringConvertible {
    let family: Int32
    let description: String
    private let bytes: [UInt8]

    init(_ text: String, _ port: UInt16) {
        family = text.contains(":") ? AF_INET6 : AF_INET
        description = "\(text) port \(port)"
        var address = [UInt8](repeating: 0, count: 16)
        inet_pton(family, text, &address)
        let head = NativeBytes(UInt16(family)).bytes + NativeBytes(port.bigEndian).bytes
        bytes =
            family == AF_INET6
            ? head + [0, 0, 0, 0] + address + [0, 0, 0, 0] : head + address.prefix(4) + [UInt8](repeating: 0, count: 8)
    }

    func with<Value>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Value) -> Value {
        bytes.withUnsafeBytes { body($0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count)) }
    }

    static func socket(_ family: Int32, _ type: __socket_type) throws -> SharedDescriptor {
        SharedDescriptor(
            OwnedDescriptor(
                owning: try check("make", "socket") {
                    Glibc.socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
                }))
    }

    /// How long it waits for the other side.
    static func limit(_ socket: Int32, _ milliseconds: Int) throws {
        var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            try check("limit", "socket") {
                setsockopt(socket, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
            }
        }
    }

    static func port(of socket: Int32) throws -> UInt16 {
        var bytes = [UInt8](repeating: 0, count: 28)
        var size = socklen_t(bytes.count)
        try check("name", "socket") {
            bytes.withUnsafeMutableBytes {
                getsockname(socket, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, &size)
            }
        }
        return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
    }
}
