import Testing

@testable import BerthLinux

@Suite("A netlink message")
struct NetlinkMessageTests {
    @Test("is written as the kernel's headers say, on a machine of this byte order")
    func written() {
        var message = NetlinkMessage(
            type: 16, flags: [.create, .exclusive], fixed: [UInt8](repeating: 0xaa, count: 16))
        message.put(3, "ab")
        message.nest(18) {
            $0.put(1, UInt8(7))
            $0.put(2)
        }
        let bytes = message.bytes(sequence: 5, adding: [.request, .acknowledge])
        let header: [UInt8] = [56, 0, 0, 0, 16, 0, 5, 6, 5, 0, 0, 0, 0, 0, 0, 0]
        let name: [UInt8] = [7, 0, 3, 0, 0x61, 0x62, 0, 0]
        let nest: [UInt8] = [16, 0, 18, 0x80, 5, 0, 1, 0, 7, 0, 0, 0, 4, 0, 2, 0]
        #expect(bytes == header + [UInt8](repeating: 0xaa, count: 16) + name + nest)
        #expect(!message.isTooLong)
    }

    @Test("with an attribute beyond 64 KiB is not sent")
    func tooLong() throws {
        var message = NetlinkMessage(type: 16, fixed: [])
        message.put(1, bytes: [UInt8](repeating: 0, count: 1 << 16))
        #expect(message.isTooLong)
        let socket = try NetlinkSocket(.route)
        let request = NetlinkRequest(message, "try", "this")
        #expect(throws: LinuxError("try", "this", errno: .messageTooLong)) { try socket.perform(request) }
    }

    @Test("is read back, several in one datagram, attributes with nested ones")
    func read() throws {
        var message = NetlinkMessage(type: 20, fixed: [1, 2, 3, 4, 5, 6, 7, 8])
        message.put(9, UInt32(0x0102_0304))
        message.nest(2) { $0.put(1, "name") }
        let datagram = message.bytes(sequence: 1, adding: []) + message.bytes(sequence: 2, adding: [])
        let (messages, isWhole) = NetlinkReply.parse(datagram[...])
        #expect(isWhole)
        #expect(messages.map(\.sequence) == [1, 2])
        let last = try #require(messages.last)
        #expect(last.number(at: 4, as: UInt32.self) == 0x0807_0605)
        #expect(last.number(at: 200, as: UInt8.self) == nil)
        let attributes = last.attributes(after: 8)
        #expect(attributes[9]?.number() == UInt32(0x0102_0304))
        #expect(attributes[9]?.number(as: UInt64.self) == nil)
        #expect(attributes[2]?.nested[1]?.text == "name")
        #expect(attributes[7] == nil)
    }

    @Test("that is cut, or whose lengths are lies, is read as far as it is true, and never beyond its end")
    func lies() {
        var message = NetlinkMessage(type: 16, fixed: [UInt8](repeating: 0, count: 16))
        message.put(3, "eth0")
        message.nest(18) {
            $0.put(1, "veth")
            $0.nest(2) { $0.put(1, UInt64(1)) }
        }
        let whole = message.bytes(sequence: 1, adding: [])
        for end in 0..<whole.count {
            let (messages, isWhole) = NetlinkReply.parse(whole[..<end])
            #expect(messages.isEmpty && isWhole == (end == 0))
        }
        var random = SystemRandomNumberGenerator()
        for position in 0..<whole.count {
            for value in [0, 1, 3, 4, 5, 0x7f, 0x80, 0xff, UInt8.random(in: 0...255, using: &random)] {
                var bytes = whole
                bytes[position] = value
                // As a slice that does not begin at 0, and with bytes behind it that are not its own.
                let padded = [9, 9, 9] + bytes + [9, 9]
                for reply in NetlinkReply.parse(padded[3..<padded.count - 2]).messages { Self.readAll(reply) }
            }
        }
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0..<96, using: &random)).map { _ in UInt8.random(in: 0...40, using: &random)
            }
            for reply in NetlinkReply.parse(noise[...]).messages { Self.readAll(reply) }
        }
    }

    @Test("of an error carries the kernel's words")
    func error() throws {
        let request = NetlinkRequest(NetlinkMessage(type: 16, fixed: []), "make", "link x")
        var text = NetlinkMessage(type: 2, flags: [.capped, .attributes], fixed: NativeBytes(Int32(-17)).bytes)
        text.append(fixed: [UInt8](repeating: 0, count: 16))
        text.put(1, "it is there")
        let reply = try #require(NetlinkReply.parse(text.bytes(sequence: 1, adding: [])[...]).messages.first)
        let error = try #require(NetlinkSocket.failure(reply, request))
        #expect(error.errno == .fileExists)
        #expect(error.description == "cannot make link x: File exists (it is there)")
    }

    private static func readAll(_ reply: NetlinkReply) {
        _ = NetworkLink(reply)
        _ = NetworkAddress(reply)
        _ = NetworkRoute(reply)
        _ = NetworkNeighbour(reply)
        _ = RateBound(reply)
        for attribute in reply.attributes(after: 16) {
            _ = attribute.text
            for nested in attribute.nested { _ = nested.nested[1]?.number(as: UInt64.self) }
        }
    }
}
