import BerthModel
import Testing

@Suite("Addresses are read and written as their RFCs say")
struct AddressTests {
    @Test("IPv4", arguments: ["0.0.0.0", "10.213.0.2", "255.255.255.255"])
    func ipv4(text: String) { #expect(IPv4Address(text)?.description == text) }

    @Test(
        "what is no IPv4 address",
        arguments: ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "+1.2.3.4", "1.2.3.4 "])
    func noIPv4(text: String) { #expect(IPv4Address(text) == nil) }

    @Test(
        "IPv6, in the shortest form",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("fe80::", "fe80::"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1::8", "1::8"),
        ])
    func ipv6(text: String, shortest: String) { #expect(IPv6Address(text)?.description == shortest) }

    @Test(
        "what is no IPv6 address",
        arguments: [
            "", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::g", "1:2:3:4:5:6:7::8", ":1",
        ])
    func noIPv6(text: String) { #expect(IPv6Address(text) == nil) }

    @Test("blocks know what they contain, and refuse bits beyond their prefix")
    func blocks() throws {
        let block = try #require(IPv4Block("10.213.0.0/16"))
        let inside = try #require(IPv4Address("10.213.255.255")), outside = try #require(IPv4Address("10.214.0.0"))
        #expect(block.contains(inside) && !block.contains(outside))
        #expect(
            IPv4Block("10.213.0.1/16") == nil && IPv4Block("10.213.0.0/33") == nil && IPv4Block("10.213.0.0") == nil)
        let wide = try #require(IPv6Block("::/0")), small = try #require(IPv6Block("fd00:be27::/64"))
        #expect(wide.overlaps(small) && small.overlaps(wide))
        #expect(IPv6Block("fd00:be27::1/64") == nil)
    }

    @Test("hardware addresses")
    func mac() {
        #expect(MACAddress("02:42:0a:d5:00:02")?.description == "02:42:0a:d5:00:02")
        #expect(MACAddress("02:42:0a:d5:00") == nil && MACAddress("2:42:0a:d5:00:02") == nil)
    }
}
