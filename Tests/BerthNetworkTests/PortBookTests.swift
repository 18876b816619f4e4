import BerthModel
import Testing

@testable import BerthNetwork

@Suite("The book of the host's ports")
struct PortBookTests {
    private static func port(_ number: UInt16) -> PublishedPort {
        PublishedPort(container: 0, containerPort: 80, hostPort: number, transport: .tcp)
    }

    @Test("keeps every port of a living task over a restart, also beside one that a program took meanwhile")
    func recovered() async throws {
        try await TestNamespace.make().run {
            var before = PortBook()
            // A daemon's other self stands for the program: it holds 8080.
            _ = try before.take([Self.port(8080)], for: "program")
            var book = PortBook()
            let ports = [Self.port(8080), Self.port(8081)]
            #expect(book.enter(ports, for: nil) == ports)
            #expect(throws: NetworkRefusal.self) { _ = try book.take([Self.port(8081)], for: "two") }
            #expect(book.enter(ports, for: "one") == ports)
            for port in ports {
                let refusal = #expect(throws: NetworkRefusal.self) { _ = try book.take([port], for: "two") }
                #expect(refusal?.detail.contains("is taken by task one") == true)
            }
            #expect(book.enter(ports, for: "two").isEmpty)
        }
    }

    @Test("is freed by the task whose entry it is, and by no other")
    func released() async throws {
        try await TestNamespace.make().run {
            var book = PortBook()
            _ = try book.take([Self.port(8080)], for: "one")
            book.release([Self.port(8080)], of: "two")
            #expect(throws: NetworkRefusal.self) { _ = try book.take([Self.port(8080)], for: "two") }
            book.release([Self.port(8080)], of: "one")
            _ = try book.take([Self.port(8080)], for: "two")
        }
    }
}
