import BerthLinux
import Glibc
import Testing

@testable import BerthNetwork

/// Frames as a program writes them that has power over its link.
struct Frame {
    var bytes: [UInt8]

    /// - Parameter kind: 0x0800 for IPv4.
    init(from source: [UInt8], to destination: [UInt8], kind: UInt16, _ payload: [UInt8]) {
        bytes = destination + source + [UInt8(kind >> 8), UInt8(kind & 0xff)] + payload
    }

    /// A UDP datagram of one byte, without the checksum that UDP does not need over IPv4.
    static func datagram(
        from mac: [UInt8], _ source: [UInt8], to destinationMAC: [UInt8], _ destination: [UInt8], port: UInt16,
        _ byte: UInt8
    ) -> Frame {
        let number = [UInt8(port >> 8), UInt8(port & 0xff)]
        let udp: [UInt8] = number + number + [0, 9, 0, 0, byte]
        var header: [UInt8] = [0x45, 0, 0, UInt8(20 + udp.count), 0, 0, 0, 0, 64, 17, 0, 0] + source + destination
        var sum = stride(from: 0, to: 20, by: 2).reduce(UInt32(0)) {
            $0 + UInt32(header[$1]) << 8 + UInt32(header[$1 + 1])
        }
        while sum >> 16 != 0 { sum = (sum & 0xffff) + sum >> 16 }
        header[10] = UInt8(~sum >> 8 & 0xff)
        header[11] = UInt8(~sum & 0xff)
        return Frame(from: mac, to: destinationMAC, kind: 0x0800, header + udp)
    }
}

extension TestNamespace {
    /// Sends frames out of a link, as they are.
    func send(_ frames: [Frame], by link: String) async throws {
        let bytes = frames.map(\.bytes)
        try await run {
            let socket = try Self.packets(of: link, listening: false)
            for frame in bytes { try check("send", "frame") { Glibc.send(socket.number, frame, frame.count, 0) } }
        }
    }

    /// Sees every frame that a link receives from now on.
    func capture(_ link: String) async throws -> SharedDescriptor {
        try await run { try Self.packets(of: link, listening: true) }
    }

    private static func packets(of link: String, listening: Bool) throws -> SharedDescriptor {
        let everything: UInt16 = 0x0003  // ETH_P_ALL
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let number = try check("make", "packet socket") { Glibc.socket(AF_PACKET, kind, 0) }
        let socket = SharedDescriptor(OwnedDescriptor(owning: number))
        // PACKET_IGNORE_OUTGOING of SOL_PACKET: what the host itself says is not asked for.
        var yes: Int32 = 1
        try check("configure", link) { setsockopt(number, 263, 23, &yes, socklen_t(MemoryLayout<Int32>.size)) }
        // struct sockaddr_ll: family, protocol in network order, index, then what a sender leaves empty.
        let bytes =
            NativeBytes(UInt16(AF_PACKET)).bytes + NativeBytes(listening ? everything.bigEndian : 0).bytes
            + NativeBytes(UInt32(if_nametoindex(link))).bytes + [UInt8](repeating: 0, count: 12)
        try check("bind", link) {
            bytes.withUnsafeBytes {
                bind(number, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
        }
        return socket
    }
}

extension SharedDescriptor {
    /// The next frame that this socket saw.
    func nextFrame() throws -> [UInt8] {
        try SocketAddress.limit(number, 20_000)
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = try check("receive", "frame") { recv(number, &bytes, bytes.count, 0) }
        return Array(bytes[..<count])
    }
}
