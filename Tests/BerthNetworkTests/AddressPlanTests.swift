import BerthModel
import Testing

@testable import BerthNetwork

@Suite("Addresses of tasks")
struct AddressPlanTests {
    private static func plan(_ subnet: String, _ subnet6: String? = nil) throws -> AddressPlan {
        AddressPlan(
            bridge: "berth0", subnet: try #require(IPv4Block(subnet)),
            subnet6: try subnet6.map { try #require(IPv6Block($0)) })
    }

    @Test("belong together: name, both families and hardware follow from one place")
    func link() throws {
        let plan = try Self.plan("10.213.0.0/16", "fdbe:27b0:4e11::/64")
        #expect("\(plan.gateway)" == "10.213.0.1")
        #expect(plan.gateway6.map { "\($0)" } == "fdbe:27b0:4e11::1")
        let last = plan.link(65_534)
        #expect("\(last.ipv4)" == "10.213.255.254")
        #expect(last.ipv6.map { "\($0)" } == "fdbe:27b0:4e11::fffe")
        #expect("\(last.mac)" == "02:be:0a:d5:ff:fe")
        #expect(last.hostName == "berth0-fffe")
        #expect(plan.place(last.ipv4) == 65_534)
        #expect(plan.place(plan.gateway) == nil)
        #expect(plan.place(IPv4Address(plan.subnet.base.number + 65_535)) == nil)
        #expect(plan.place(IPv4Address(0)) == nil)
        // The longest names of the widest subnet: IFNAMSIZ is 16 with the final 0.
        let wide = AddressPlan(bridge: "abcdefghij", subnet: try #require(IPv4Block("10.213.0.0/16")), subnet6: nil)
        #expect(wide.link(65_534).hostName.utf8.count <= 15)
        let widest = AddressPlan(bridge: "abcdefghij", subnet: try #require(IPv4Block("10.0.0.0/8")), subnet6: nil)
        #expect(widest.link(widest.places.upperBound).hostName.utf8.count <= 15)
    }

    @Test("are used again as late as possible, and those of running tasks are never given")
    func roundRobin() throws {
        var book = AddressBook(try Self.plan("10.0.0.0/29"))
        #expect(book.capacity == 5)
        let running = book.take(3, for: "running")
        #expect(running)
        #expect([book.take(), book.take(), book.take()] == [4, 5, 6])
        book.free(4)
        #expect(book.take() == 2)
        #expect(book.free == 1 && book.givable == 0)
        #expect(book.take() == nil)
        book.forgetLeft()
        #expect(book.take() == 4)
        #expect(book.take() == nil)
        let (again, another) = (book.take(3, for: "running"), book.take(3, for: "another"))
        #expect(again && !another)
        book.free(6)
        book.free(5)
        book.forgetLeft()
        #expect([book.take(), book.take()] == [5, 6])
    }

    @Test("are found by what is on the wire")
    func bytes() throws {
        let plan = AddressPlan(
            bridge: "b0", subnet: try #require(IPv4Block("10.213.0.0/24")), subnet6: IPv6Block("fd00:1::/64"))
        let link = plan.link(77)
        #expect(plan.place(link.ipv4.bytes[...]) == 77)
        #expect(plan.place(try #require(link.ipv6).bytes[...]) == 77)
        for other in [plan.gateway.bytes, try #require(plan.gateway6).bytes, [10, 213, 1, 77], [10, 212, 255, 255]] {
            #expect(plan.place(other[...]) == nil)
        }
        #expect(plan.place([UInt8](repeating: 0xff, count: 16)[...]) == nil)
    }

    @Test("are as many as the subnet has, and not more than a bridge has ports")
    func capacity() throws {
        #expect(AddressBook(try Self.plan("10.213.0.0/16")).capacity == 1023)
        #expect(AddressBook(try Self.plan("10.213.0.0/24")).capacity == 253)
    }
}
