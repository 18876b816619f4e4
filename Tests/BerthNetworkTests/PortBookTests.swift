import BerthModel
import Testing

@testable import BerthNetwork

@Suite("The book of the host's ports")
struct PortBookTests {
    private static func port(_ number: UInt16, to containerPort: UInt16 = 80) -> PublishedPort {
        PublishedPort(container: 0, containerPort: containerPort, hostPort: number, transport: .tcp)
    }

    @Test("keeps every port of a living task over a restart, also beside one that a program took meanwhile")
    func recovered() async throws {
        try await TestNamespace.make().run {
            var before = PortBook()
            // A daemon's other self stands for the program: it holds 8080.
            _ = try before.take([Self.port(8080)], for: "program")
            var book = PortBook()
            let ports = [Self.port(8080), Self.port(8081)]
            // Told at the start, and again with its task.
            for _ in 1...2 { #expect(book.enter(ports, for: "one") == ports) }
            for port in ports {
                let refusal = #expect(throws: NetworkRefusal.self) { _ = try book.take([port], for: "two") }
                #expect(refusal?.detail.contains("is taken by task one") == true)
            }
            #expect(book.enter(ports, for: "two").isEmpty)
        }
    }

    @Test(
        "gives a range ports that follow one another, past those that are taken, and from the beginning again at the end"
    )
    func ranges() async throws {
        try await TestNamespace.make().run {
            var book = PortBook()
            func range(_ count: Int) -> PublishedPort {
                PublishedPort(container: 0, containerPort: 7000, hostPort: 0, transport: .tcp, count: count)
            }
            func take(_ port: PublishedPort, _ task: String) throws -> ClosedRange<UInt16>? {
                try book.take([port], for: task).first?.hostPorts
            }
            let first = PortBook.dynamic.lowerBound
            _ = try book.take([Self.port(first + 2)], for: "other")
            #expect(try take(range(3), "one") == first + 3...first + 5)
            #expect(try take(range(1), "two") == first + 6...first + 6)
            // No range goes on from the beginning.
            let last = PortBook.dynamic.upperBound
            book.next = last - 1
            #expect(try take(range(3), "three") == first + 7...first + 9)
            let most = PublishedPort(
                container: 0, containerPort: 1, hostPort: first + 10, transport: .tcp, count: Int(last - first) - 10)
            _ = try book.take([most], for: "most", holding: false)
            #expect(try take(range(2), "four") == first...first + 1)
            let refusal = #expect(throws: NetworkRefusal.self) { _ = try take(range(2), "five") }
            #expect(
                refusal?.detail
                    == "no 2 host ports that follow one another, from 49153 on are free for tcp")
            #expect(try take(range(1), "six") == last...last)
            // One that is taken refuses all of it, and nothing of it stays taken.
            let fixed = PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp, count: 3)
            _ = try book.take([Self.port(8082)], for: "other")
            #expect(throws: NetworkRefusal.self) { _ = try book.take([fixed], for: "seven") }
            _ = try book.take([Self.port(8080), Self.port(8081)], for: "eight")
            #expect(book.enter([fixed], for: "eight") == [Self.port(8080, to: 80), Self.port(8081, to: 81)])
            var released = range(3)
            released.hostPort = first + 3
            book.release([released], of: "one")
            #expect(try take(range(3), "nine") == first + 3...first + 5)
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
