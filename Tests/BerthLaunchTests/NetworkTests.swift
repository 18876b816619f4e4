import BerthCgroups
import BerthConfinement
import BerthLaunch
import BerthLinux
import Foundation
import Testing

/// A task in a network namespace that was made for it before, and one in the host's.
@Suite("A task's network namespace")
struct NetworkTests {
    let fixture: LaunchFixture

    init() throws {
        fixture = try LaunchFixture()
        try fixture.addApplets(["readlink", "ip", "ping", "nc", "umount", "id", "sysctl"])
    }

    /// Runs a task in which no container's end is another's.
    private func both(_ request: LaunchRequest) async throws -> [TaskEvent] {
        var request = request
        for index in request.containers.indices { request.containers[index].essential = false }
        return try await fixture.run(request)
    }

    @Test("is the one that was given, for every container, with or without a user namespace", arguments: [true, false])
    func given(mapped: Bool) async throws {
        let namespace = try TestNamespace.make()
        // The first container takes the sysfs that came with the namespace, the second has one made.
        let script = "readlink /proc/self/ns/net; ls /sys/class/net; grep ' /sys ' /proc/mounts"
        var request = try fixture.request([script, script])
        request.network = .given(namespace)
        if !mapped { request.hostIDBase = nil }
        let record = try #require(try await both(request).record)
        #expect(record.containers.map(\.status) == [.code(0), .code(0)], "\(record.containers)")
        let sysfs = "none /sys sysfs ro,nosuid,nodev,noexec,relatime 0 0"
        let expected = "\(TestNamespace.name(of: namespace))\nlo\n\(sysfs)\n"
        #expect(try [0, 1].map { try fixture.output(request, $0) } == [expected, expected])
    }

    @Test("is the host's where the task asks for that", arguments: [true, false])
    func host(mapped: Bool) async throws {
        var request = try fixture.request(["readlink /proc/self/ns/net", "readlink /proc/self/ns/net"])
        request.network = .host
        if !mapped { request.hostIDBase = nil }
        let record = try #require(try await both(request).record)
        #expect(record.containers.map(\.status) == [.code(0), .code(0)], "\(record.containers)")
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net") + "\n"
        #expect(try [0, 1].map { try fixture.output(request, $0) } == [own, own])
    }

    @Test("is shared by containers that share their processes too")
    func sharedProcesses() async throws {
        let namespace = try TestNamespace.make()
        var request = try fixture.request(["readlink /proc/self/ns/net", "readlink /proc/self/ns/net"])
        request.network = .given(namespace)
        request.sharesProcesses = true
        let record = try #require(try await both(request).record)
        #expect(record.containers.map(\.status) == [.code(0), .code(0)], "\(record.containers)")
        let expected = TestNamespace.name(of: namespace) + "\n"
        #expect(try [0, 1].map { try fixture.output(request, $0) } == [expected, expected])
    }

    @Test("is a program's too that is executed in the task")
    func executed() async throws {
        let namespace = try TestNamespace.make()
        var request = try fixture.request(["exec sleep 600"])
        request.network = .given(namespace)
        let program = fixture.exec(["sh", "-c", "readlink /proc/self/ns/net; id -u; ls /sys/class/net"], in: request)
        try await fixture.during(request) { task in
            let printed = try await fixture.run(program, in: task)
            #expect(printed == "\(TestNamespace.name(of: namespace))\n0\nlo\n")
        }
    }

    /// Row CVE-2022-0492 and its like: a namespace that belongs to the container's own user namespace would let root there
    /// change addresses, open raw sockets and reach the firewall's code; one of the host's does not, whatever he holds.
    @Test("gives root of the container no power over it, even with every capability")
    func powerless() async throws {
        let namespace = try TestNamespace.make()
        let attempts = [
            "ip addr add 10.9.9.9/32 dev lo", "ip link set lo down", "ip link add bad type dummy",
            "ip route add 10.0.0.0/8 dev lo", "ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev lo",
            "echo 1 >/proc/sys/net/ipv4/ip_forward", "mount -t sysfs none /tmp",
            "mount -o remount,rw /sys && echo 1 >/sys/class/net/lo/mtu", "echo 1000 >/sys/class/net/lo/mtu",
        ]
        let script = attempts.map { "(\($0)) 2>/dev/null && echo 'DONE: \($0.replacing("'", with: ""))'" }
            .joined(separator: "\n")
        var request = try fixture.request([script + "\nip addr show dev lo | grep -c 10.9; echo over"]) {
            $0.capabilities = .all
        }
        request.network = .given(namespace)
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0), "\(record.containers)")
        #expect(try fixture.output(request) == "0\nover\n")
    }

    @Test("opens no raw and no packet socket to a task's root")
    func noRawSockets() async throws {
        let namespace = try TestNamespace.make()
        var request = try fixture.attack("sockets") { $0.capabilities = .all }
        request.network = .given(namespace)
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0), "\(record.containers)")
        #expect(
            try fixture.output(request)
                == "raw IPv4: EPERM\nraw IPv6: EPERM\npacket: EPERM\nnetfilter: EPERM\n")
    }

    @Test("is held until its counters are in the record")
    func counters() async throws {
        let file = "\(fixture.root)/counter"
        try Data("4711\n".utf8).write(to: URL(filePath: file))
        var request = try fixture.request(["true"])
        request.network = .given(try TestNamespace.make())
        request.counters = [CounterFile(name: "net.rx_bytes", path: file, container: nil)]
        let record = try #require(try await fixture.run(request).record)
        #expect(record.counters.first { $0.name == "net.rx_bytes" }?.content == "4711\n")
    }
}
