import BerthCgroups
import BerthLaunch
import BerthLedger
import BerthModel
import BerthNetwork
import Foundation
import Testing

@testable import BerthEngine

@Suite("The network of a task, as the engine keeps it", .timeLimit(.minutes(10)))
struct EngineNetworkTests {
    private func start(
        _ fixture: EngineFixture, _ script: String = "sleep 600", mode: String? = "awsvpc",
        change: (inout ContainerDefinition) -> Void = { _ in }
    ) async throws -> TasksResponse {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        container.command = ["sh", "-c", script]
        container.stopTimeout = 2
        change(&container)
        var request = RegisterTaskDefinitionRequest()
        request.family = "net"
        request.networkMode = mode
        request.cpu = "256"
        request.memory = "512"
        request.containerDefinitions = [container]
        let arn = try await fixture.engine.registerTaskDefinition(request, principal: "test").taskDefinition
            .taskDefinitionArn
        var call = RunTaskRequest()
        call.taskDefinition = arn
        call.launchType = "EC2"
        if mode == "awsvpc" {
            call.networkConfiguration = NetworkConfiguration()
            call.networkConfiguration?.awsvpcConfiguration = AwsVpcConfiguration()
            call.networkConfiguration?.awsvpcConfiguration?.subnets = ["subnet-1"]
            call.networkConfiguration?.awsvpcConfiguration?.securityGroups = ["sg-1"]
        }
        return try await fixture.engine.runTask(call, principal: "test")
    }

    private func running(_ fixture: EngineFixture, _ task: ECSTask) async throws -> ECSTask {
        for await state in try await fixture.engine.follow(task: task.taskArn)
        where [.running, .stopped].contains(state.lastStatus) {
            return state
        }
        throw Missing(description: "no end of \(task.id)")
    }

    @Test("is shown as an attachment that comes and goes with the task")
    func attachment() async throws {
        let fixture = try await EngineFixture()
        let task = try required(try await start(fixture).tasks.first, "task")
        let attachment = try required(task.attachments.first, "attachment")
        #expect(attachment.type == "ElasticNetworkInterface")
        #expect(attachment.status == "PRECREATED")
        let details = Dictionary(uniqueKeysWithValues: attachment.details.map { ($0.name ?? "", $0.value ?? "") })
        #expect(details["subnetId"] == "subnet-1")
        #expect(details["privateIPv4Address"] == "10.213.0.1")
        #expect(details["privateDnsName"] == "ip-10-213-0-1.ec2.internal")
        #expect(details["macAddress"] == "02:42:0a:d5:00:01")
        #expect(details["networkInterfaceId"]?.hasPrefix("eni-") == true)
        #expect(task.containers[0].networkInterfaces.first?.attachmentId == attachment.id)
        #expect(task.containers[0].networkInterfaces.first?.privateIpv4Address == "10.213.0.1")
        #expect(try await running(fixture, task).attachments.first?.status == "ATTACHED")
        let stopped = try await fixture.engine.stopTask(cluster: nil, task: task.id, reason: nil)
        #expect(stopped.attachments.first?.status == "ATTACHED")
        #expect(try await fixture.end(task).attachments.first?.status == "DELETED")
        #expect(fixture.networks.held.isEmpty)
        #expect(try await fixture.store.read { try $0.networkLeases(task: task.id) }.isEmpty)
    }

    @Test("is refused by its own words, and nothing of the host stays reserved")
    func refused() async throws {
        let fixture = try await EngineFixture(
            capacity: TaskSize(cpuUnits: 512, memoryMiB: 1024), networks: PuppetNetworks(addresses: 1))
        let first = try required(try await start(fixture).tasks.first, "task")
        let answer = try await start(fixture)
        #expect(answer.tasks.isEmpty)
        #expect(answer.failures == [Failure(arn: nil, reason: "RESOURCE:ENI", detail: "all 1 addresses are taken")])
        fixture.networks.refuse(NetworkRefusal(.ports, "port 80 is taken"))
        #expect(
            try await start(fixture, mode: "bridge").failures
                == [Failure(arn: nil, reason: "RESOURCE:PORTS", detail: "port 80 is taken")])
        fixture.networks.refuse(nil)
        // The second half of the capacity is still free.
        let other = try required(try await start(fixture, "true", mode: "none").tasks.first, "task")
        #expect(try await fixture.end(other).containers[0].exitCode == 0)
        _ = try await fixture.engine.stopTask(cluster: nil, task: first.id, reason: nil)
        _ = try await fixture.end(first)
        // Who sees it stopped has its address.
        let next = try required(try await start(fixture, "true").tasks.first, "task")
        #expect(try await fixture.end(next).containers[0].exitCode == 0)
    }

    @Test("is given back unused by a task that was never launched, and by no other")
    func unused() async throws {
        let fixture = try await EngineFixture()
        let launched = try required(try await start(fixture, "true").tasks.first, "task")
        _ = try await fixture.end(launched)
        #expect(fixture.networks.calls.last == "release \(launched.id)")
        fixture.networks.refuseSettings("there is no such setting")
        let refused = try required(
            try await start(fixture, mode: "bridge") { container in
                var control = BerthModel.SystemControl()
                (control.namespace, control.value) = ("net.core.somaxconn", "1024")
                container.systemControls = [control]
            }.tasks.first, "task")
        #expect(try await fixture.end(refused).stopCode == .taskFailedToStart)
        #expect(fixture.networks.calls.last == "give back \(refused.id)")
        let impossible = try required(try await start(fixture) { $0.command = ["no such program"] }.tasks.first, "task")
        _ = try await fixture.end(impossible)
        #expect(fixture.networks.calls.last == "release \(impossible.id)")
        #expect(fixture.networks.held.isEmpty)
        #expect(try await fixture.store.read { try $0.networkLeases(task: refused.id) }.isEmpty)
    }

    @Test("publishes ports, which are shown as bindings")
    func bindings() async throws {
        let fixture = try await EngineFixture()
        let task = try required(
            try await start(fixture, "true", mode: "bridge") { container in
                var fixed = PortMapping()
                fixed.containerPort = 80
                fixed.hostPort = 8080
                var range = PortMapping()
                range.containerPortRange = "100-101"
                range.protocol = "udp"
                container.portMappings = [fixed, range]
            }.tasks.first, "task")
        #expect(
            task.containers[0].networkBindings == [
                NetworkBinding(bindIP: "0.0.0.0", containerPort: 80, hostPort: 8080, protocol: "tcp"),
                NetworkBinding(
                    bindIP: "0.0.0.0", containerPortRange: "100-101", hostPortRange: "49154-49155", protocol: "udp"),
            ])
        #expect(task.attachments.isEmpty)
        _ = try await fixture.end(task)
    }

    @Test("gives each container its own name files, which it may change for itself alone")
    func files() async throws {
        let fixture = try await EngineFixture()
        var entry = HostEntry()
        entry.hostname = "db"
        entry.ipAddress = "192.0.2.9"
        let task = try required(
            try await start(
                fixture,
                "cat /etc/hostname; hostname; echo 192.0.2.1 more >>/etc/hosts; cat /etc/hosts /etc/resolv.conf",
                mode: "bridge"
            ) { container in
                container.hostname = "web"
                container.extraHosts = [entry]
                container.dnsServers = ["192.0.2.53"]
                container.dnsSearchDomains = ["example.org"]
                container.logConfiguration = LogConfiguration()
                container.logConfiguration?.logDriver = "awslogs"
                container.logConfiguration?.options = [
                    "awslogs-group": "/berth/test", "awslogs-stream-prefix": "main", "awslogs-region": "us-east-1",
                ]
            }.tasks.first, "task")
        #expect(try await fixture.end(task).containers[0].exitCode == 0)
        var request = FilterLogEventsRequest()
        request.logGroupName = "/berth/test"
        let lines = try await fixture.engine.filterLogEvents(request).items.map(\.message)
        #expect(lines.prefix(2) == ["web", "web"])
        #expect(lines.contains("192.0.2.9\tdb"))
        #expect(lines.contains("192.0.2.1 more"))
        #expect(lines.contains { $0.hasPrefix("10.213.0.1\t") && $0.hasSuffix("web") })
        #expect(lines.suffix(2) == ["nameserver 192.0.2.53", "search example.org"])
    }

    @Test("is counted by the record, and charged where the price sheet has a price")
    func counted() async throws {
        let root = "/tmp/berth-counters-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try Data("  eth0: 3000 30 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n".utf8).write(to: URL(filePath: root + "/dev"))
        let fixture = try await EngineFixture(
            networks: PuppetNetworks(counters: [(TrafficCounter.name, root + "/dev")])
        ) {
            $0.prices.prices.networkReceivedByte = .zero
            // In 10^-14: 0.09 for 10^9 bytes.
            $0.prices.prices.networkSentByte = UnitPrice(units: 9_000)
        }
        let task = try required(try await start(fixture, "true").tasks.first, "task")
        _ = try await fixture.end(task)
        let bill = try await fixture.engine.bill(task: task.id)
        #expect(bill.used.networkReceivedBytes == 3000)
        #expect(bill.used.networkReceivedPackets == 30)
        #expect(bill.used.networkSentBytes == 2000)
        #expect(bill.used.networkSentPackets == 20)
        let lines = bill.lines.filter { $0.unit == "Bytes" }
        #expect(lines.map(\.sku) == ["berth-linux-x86-network-received", "berth-linux-x86-network-sent"])
        #expect(lines.map(\.quantity) == ["3000", "2000"])
        #expect(lines.map(\.amount) == ["0", "0.00000018"])
        let rows = try await fixture.store.read { try $0.ledgerRows(keyPrefix: task.id + "/") }
        #expect(rows.count == 5)
    }

    @Test("is counted by records of earlier shims too, which read the host's end")
    func countedBefore() {
        let counters = [("net.rx_bytes", 2000), ("net.rx_packets", 20), ("net.tx_bytes", 3000), ("net.tx_packets", 30)]
        let readings = counters.map { CounterReading(name: $0.0, container: nil, content: "\($0.1)\n") }
        #expect(
            NetworkUsage(readings)
                == NetworkUsage(receivedBytes: 3000, receivedPackets: 30, sentBytes: 2000, sentPackets: 20))
        #expect(NetworkUsage(readings.dropLast()) == nil)
    }

    @Test("of a task that runs is taken up by the next daemon, before anybody else can have it")
    func adopted() async throws {
        let first = try await EngineFixture(wrap: { DeafLauncher(launcher: $0) })
        // It ends when it is told to, however long the next daemon takes to come.
        let task = try required(
            try await start(first, "trap 'exit 0' TERM; while :; do sleep 0.1; done").tasks.first, "task")
        let network = try required(first.networks.held[task.id], "network")
        try await first.launched(task)
        let second = try await EngineFixture(after: first)
        #expect(second.networks.calls.first == "adopt \(task.id)")
        #expect(second.networks.held[task.id] == network)
        // A stop that comes before the start leaves no exit code.
        _ = try await running(second, task)
        _ = try await second.engine.stopTask(cluster: nil, task: task.id, reason: nil)
        #expect(try await second.end(task).containers[0].exitCode != nil)
        #expect(second.networks.calls.last == "release \(task.id)")
    }

    @Test("of a task that was accepted only is restored with the same address")
    func restored() async throws {
        let arrivals = StuckLauncher.Arrivals()
        let first = try await EngineFixture(wrap: { StuckLauncher(launcher: $0, arrivals: arrivals) })
        let task = try required(try await start(first, "true").tasks.first, "task")
        try await arrivals.wait(for: task)
        let leases = try await first.store.read { try $0.networkLeases(task: task.id) }
        #expect(leases == ["10.213.0.1"])
        let second = try await EngineFixture(after: first)
        #expect(second.networks.calls.first == "restore \(task.id)")
        let ended = try await second.end(task)
        #expect(ended.containers[0].exitCode == 0)
        #expect(ended.containers[0].networkInterfaces == task.containers[0].networkInterfaces)
    }

    @Test("of a task that was accepted ends it where the network cannot be had any more")
    func notRestored() async throws {
        let arrivals = StuckLauncher.Arrivals()
        let first = try await EngineFixture(wrap: { StuckLauncher(launcher: $0, arrivals: arrivals) })
        let task = try required(try await start(first, "true").tasks.first, "task")
        try await arrivals.wait(for: task)
        let networks = PuppetNetworks()
        networks.refuse(NetworkRefusal(.ports, "port 80 is taken by 'nginx'"))
        let second = try await EngineFixture(after: first, networks: networks)
        let ended = try await second.end(task)
        #expect(ended.stopCode == .taskFailedToStart)
        #expect(ended.stoppedReason == "ResourceInitializationError: RESOURCE:PORTS: port 80 is taken by 'nginx'")
        #expect(try await second.store.read { try $0.networkLeases(task: task.id) }.isEmpty)
    }

    @Test("is given back by a call that its twin has answered already")
    func withdrawn() async throws {
        let fixture = try await EngineFixture()
        let arn = try await fixture.register("true")
        var call = RunTaskRequest()
        call.taskDefinition = arn
        call.clientToken = "one"
        let request = call
        let answers = try await withThrowingTaskGroup(of: TasksResponse.self) { group in
            for _ in 0..<8 {
                group.addTask { try await fixture.engine.runTask(request, principal: "test") }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let tasks = Set(answers.flatMap { $0.tasks.map(\.taskArn) })
        #expect(tasks.count == 1)
        for task in answers[0].tasks { _ = try await fixture.end(task) }
        #expect(fixture.networks.held.isEmpty)
    }

    @Test("without a kernel setting that it asks for ends its task, which is told; the call is not refused")
    func missingSetting() async throws {
        let fixture = try await EngineFixture()
        fixture.networks.refuseSettings("cannot open /proc/sys/net/ipv4/none: No such file or directory")
        var control = SystemControl()
        control.namespace = "net.ipv4.none"
        control.value = "1"
        let task = try required(
            try await start(fixture, "true") { $0.systemControls = [control] }.tasks.first, "task")
        let ended = try await fixture.end(task)
        #expect(ended.stopCode == .taskFailedToStart)
        #expect(
            ended.containers[0].reason
                == "CannotStartContainerError: cannot open /proc/sys/net/ipv4/none: No such file or directory")
        #expect(fixture.networks.held.isEmpty)
    }

    @Test("has its kernel settings set where it is made, and not by the container")
    func settings() throws {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        var network = SystemControl()
        network.namespace = "net.ipv4.ip_local_port_range"
        network.value = "4000 5000"
        var other = SystemControl()
        other.namespace = "kernel.shmmni"
        other.value = "12"
        container.systemControls = [network, other]
        var request = RegisterTaskDefinitionRequest()
        request.family = "test"
        request.cpu = "256"
        request.memory = "512"
        request.containerDefinitions = [container]
        let definition = TaskDefinition(
            try request.validated(), account: testAccount, revision: 1, registeredAt: Date(), registeredBy: "test")
        let settings = try RunTaskRequest().validated(for: definition)
        #expect(settings.network.settings == [NetworkSetting(path: "ipv4/ip_local_port_range", value: "4000 5000")])
    }
}

private typealias SystemControl = BerthModel.SystemControl
