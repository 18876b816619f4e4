import BerthModel
import Testing

@testable import BerthNetwork

@Suite("A namespace that no process has entered")
struct GivenBackTests {
    /// What the next tasks get, as many as may wait in a pool of one.
    private func next(
        _ networks: any TaskNetworks, _ count: Int = 3, mode: TaskNetwork.Mode = .awsvpc
    ) async throws -> [Sandbox] {
        var all: [Sandbox] = []
        for number in 0..<count {
            all.append(try await networks.take(NetworkRequest(id: "next \(number)", mode: mode)))
        }
        return all
    }

    @Test("is another task's with its addresses, and works as it would have for the first")
    func kept() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(pool: 1), holding: [])
            let unused = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            await network.giveBack(unused, id: "one")
            #expect(await network.status.used == 0)
            // Doing it again changes nothing.
            await network.release(unused.network, id: "one")
            let tasks = try await next(network)
            let same = try #require(tasks.first { $0.network == unused.network })
            #expect(same.namespace?.network === unused.namespace?.network)
            #expect(same.namespace?.sysfs === unused.namespace?.sysfs)
            #expect(try same.shownLinks() == ["eth0", "lo"])
            #expect(Set(try tasks.map { try $0.link().ipv4 }).count == tasks.count)
            let outside = try await machine.outside.listen()
            #expect(try await same.inside().reaches(Machine.outsideAddress, outside.port))
            let listener = try await same.inside().listen()
            let other = try #require(tasks.first { $0.network != same.network })
            #expect(try await other.inside().reaches("\(try same.link().ipv4)", listener.port))
            for (number, task) in tasks.enumerated() { await network.release(task.network, id: "next \(number)") }
            await network.drain()
            #expect(try await machine.host.links().map(\.name).sorted() == ["berth0", "lo", "up0"])
            #expect(await network.status.used == 0)
        }
    }

    @Test("goes when much was sent to it, and when it has something of the first task's")
    func touched() async throws {
        try await Machine.with { machine in
            let network = try await HostNetwork.start(try machine.settings(pool: 1), holding: [])
            let reached = try await network.take(NetworkRequest(id: "one", mode: .awsvpc))
            for _ in 0..<10 { #expect(try await !machine.host.reaches("\(try reached.link().ipv4)", 80)) }
            await network.giveBack(reached, id: "one")
            let told = try await network.take(NetworkRequest(id: "few", mode: .awsvpc))
            try await machine.host.sendUDP("\(try told.link().ipv4)", 9, bytes: 1200, times: 2)
            await network.giveBack(told, id: "few")
            let setting = NetworkSetting(path: "core/somaxconn", value: "77")
            let special = try await network.take(NetworkRequest(id: "two", mode: .awsvpc, settings: [setting]))
            await network.giveBack(special, id: "two")
            let tasks = try await next(network)
            #expect(!tasks.contains { [reached.network, told.network, special.network].contains($0.network) })
            for (number, task) in tasks.enumerated() { await network.giveBack(task, id: "next \(number)") }
            await network.drain()
            // What is given back to a network that is drained goes too.
            let last = try await network.take(NetworkRequest(id: "last", mode: .awsvpc))
            await network.giveBack(last, id: "last")
            await network.drain()
            #expect(try await machine.host.links().map(\.name).sorted() == ["berth0", "lo", "up0"])
            #expect(await network.status.used == 0)
        }
    }

    @Test("is another task's where tasks have loopback alone")
    func bare() async throws {
        let bare = try await LoopbackNetworks.start(pool: 1)
        let unavailable = UnavailableNetworks(
            try await LoopbackNetworks.start(pool: 1), cause: NetworkSetupError(.kernel, "no bridge"))
        for networks in [bare, unavailable] as [any TaskNetworks] {
            let unused = try await networks.take(NetworkRequest(id: "one", mode: .none))
            await networks.giveBack(unused, id: "one")
            // A job that the network's thread carries out behind it.
            _ = try await networks.take(NetworkRequest(id: "host", mode: .host))
            let tasks = try await next(networks, mode: .none)
            #expect(tasks.contains { $0.namespace?.network === unused.namespace?.network })
        }
    }
}
