import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import Foundation
import Testing

@testable import BerthEngine

@Suite("What the engine tells the endpoints and the resolver", .timeLimit(.minutes(10)))
struct EndpointTests {
    private static let role = "arn:aws:iam::123456789012:role/etl"

    /// Starts a task of two containers with a link, and waits until it runs.
    private func start(
        _ fixture: EngineFixture, family: String = "etl", role: String? = role, group: String? = nil
    ) async throws -> ECSTask {
        var request = RegisterTaskDefinitionRequest()
        request.family = family
        request.networkMode = "awsvpc"
        request.cpu = "256"
        request.memory = "512"
        request.taskRoleArn = role
        request.containerDefinitions = ["main", "side"].map { name in
            var container = ContainerDefinition()
            container.name = name
            container.image = "busybox"
            container.command = ["sh", "-c", "env; echo there > /tmp/file; exec sleep 600"]
            container.stopTimeout = 2
            return container
        }
        let arn = try await fixture.engine.registerTaskDefinition(request, principal: "test").taskDefinition
            .taskDefinitionArn
        var call = RunTaskRequest()
        call.taskDefinition = arn
        call.launchType = "EC2"
        call.group = group
        call.networkConfiguration = NetworkConfiguration()
        call.networkConfiguration?.awsvpcConfiguration = AwsVpcConfiguration()
        call.networkConfiguration?.awsvpcConfiguration?.subnets = ["subnet-1"]
        let task = try required(try await fixture.engine.runTask(call, principal: "test").tasks.first, "task")
        for await state in try await fixture.engine.follow(task: task.id) {
            if state.lastStatus == .running { return state }
        }
        throw Missing(description: "task \(task.id) never ran")
    }

    private func stop(_ fixture: EngineFixture, _ task: ECSTask) async throws {
        _ = try await fixture.engine.stopTask(cluster: nil, task: task.id, reason: nil)
        _ = try await fixture.end(task)
    }

    @Test("a task is found by its address and by the ids of its endpoints while it lives, also by the next daemon")
    func found() async throws {
        let first = try await EngineFixture()
        let task = try await start(first)
        let dossier = try required(first.engine.live[task.id]?.dossier, "dossier")
        let address = try required(dossier.network?.link?.ipv4, "address")
        let endpoints = try required(dossier.endpoints, "endpoints")
        #expect(Set(endpoints.containers).count == 2)
        let credentials = try required(endpoints.credentials, "credentials")
        func expectFound(_ engine: Engine) {
            #expect(engine.task(at: address) == task.id)
            for (index, id) in endpoints.containers.enumerated() {
                let expected = EndpointContainer(task: task.id, container: index, isInHostNetwork: false)
                #expect(engine.container(endpoint: id) == expected)
                #expect(engine.task(credentials: id) == nil)
            }
            #expect(
                engine.task(credentials: credentials)
                    == RoleOfTask(task: task.id, roleArn: Self.role, isInHostNetwork: false))
            #expect(engine.container(endpoint: credentials) == nil)
            #expect(engine.isLive(task: task.id))
        }
        expectFound(first.engine)
        await first.engine.shutdown()
        let second = try await EngineFixture(after: first)
        expectFound(second.engine)
        try await stop(second, task)
        #expect(second.engine.task(at: address) == nil)
        #expect(second.engine.container(endpoint: endpoints.containers[0]) == nil)
        #expect(second.engine.task(credentials: credentials) == nil)
        #expect(!second.engine.isLive(task: task.id) && second.engine.view(task: task.id) == nil)
    }

    @Test("containers are told where to ask; without a role there is no word of credentials")
    func variables() async throws {
        let endpoints = TaskEndpoints(containers: 2, hasRole: true)
        let variables = Dictionary(uniqueKeysWithValues: endpoints.variables(container: 1))
        #expect(variables["ECS_CONTAINER_METADATA_URI_V4"] == "http://169.254.170.2/v4/\(endpoints.containers[1])")
        #expect(variables["ECS_CONTAINER_METADATA_URI"] == "http://169.254.170.2/v3/\(endpoints.containers[1])")
        #expect(variables["ECS_AGENT_URI"] == "http://169.254.170.2/api/\(endpoints.containers[1])")
        #expect(
            variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] == "/v2/credentials/\(endpoints.credentials ?? "")")
        #expect(TaskEndpoints(containers: 1, hasRole: false).variables(container: 0).count == 3)
        #expect(endpoints.variables(container: 2).isEmpty)
        #expect(TaskNetwork(mode: .host).reachesEndpoints && !TaskNetwork(mode: .none).reachesEndpoints)
    }

    @Test("a view is what DescribeTasks shows, with times; readings are the cgroup's and the link's")
    func view() async throws {
        let fixture = try await EngineFixture()
        let task = try await start(fixture)
        let network = try required(fixture.engine.live[task.id]?.dossier.network, "network")
        fixture.networks.count(
            NetworkUsage(receivedBytes: 1, receivedPackets: 2, sentBytes: 3, sentPackets: 4), of: network)
        let view = try required(fixture.engine.view(task: task.id), "view")
        let described = try await fixture.engine.describeTasks(cluster: nil, tasks: [task.id]).tasks
        #expect([view.task] == described)
        #expect(view.family == "etl" && view.revision == 1 && view.network == network)
        #expect(view.times.allSatisfy { $0.startedAt != nil && $0.finishedAt == nil })
        // Both write it when `env` has ended, and are one process from then on.
        for name in ["main", "side"] {
            let file = fixture.root + "/tasks/\(task.id)/containers/\(name)/upper/tmp/file"
            while (try? SmallFile.read(file)) != "there\n" { try await Task.sleep(for: .milliseconds(5)) }
        }
        let readings = try required(await fixture.engine.readings(task: task.id), "readings")
        #expect(readings.containers.values.allSatisfy { $0.processes?.current == 1 })
        #expect(Set(readings.containers.keys) == ["main", "side"])
        for statistics in readings.containers.values {
            #expect(statistics.cpu.total > 0)
            #expect((statistics.memory?.memory.usage ?? 0) > 0)
        }
        #expect(readings.network?.sentPackets == 4)
        #expect(readings.systemCPU > 0 && readings.cpus > 0)
        #expect(try required(await fixture.engine.storageUsed(task: task.id), "storage") > 0)
        try await stop(fixture, task)
    }

    @Test("protection is kept with the task; a user's stop stops it all the same")
    func protection() async throws {
        let first = try await EngineFixture()
        let task = try await start(first)
        #expect(first.engine.protection(task: task.id) == nil)
        let end = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 600).rounded())
        try await first.engine.protect(task: task.id, until: end)
        let second = try await EngineFixture(after: first)
        #expect(second.engine.protection(task: task.id) == end)
        try await second.engine.protect(task: task.id, until: Date(timeIntervalSinceNow: -1))
        #expect(second.engine.protection(task: task.id) == nil)
        try await second.engine.protect(task: task.id, until: end)
        try await stop(second, task)
    }

    @Test("names mean what they mean to the task that asks")
    func names() async throws {
        let fixture = try await EngineFixture()
        let engine = fixture.engine
        let tasks = [
            try await start(fixture), try await start(fixture),
            // A group that is no service's gives no name, least of all another family's.
            try await start(fixture, family: "Store_1", group: "family:etl"),
        ]
        let addresses = try tasks.map { task in
            try required(engine.live[task.id]?.dossier.network?.link?.ipv4, "address")
        }
        func meaning(_ name: String, to asker: IPv4Address? = nil) throws -> NameMeaning {
            engine.meaning(of: try required(DomainName(name), name), to: asker ?? addresses[0])
        }
        #expect(try meaning("side") == .addresses([addresses[0]], []))
        #expect(try meaning("SIDE") == .addresses([addresses[0]], []))
        #expect(try meaning("other") == .foreign)
        #expect(try meaning("store_1.default.internal") == .addresses([addresses[2]], []))
        guard case .addresses(let etl, _) = try meaning("etl.Default.internal.") else {
            throw Missing(description: "etl.default.internal")
        }
        #expect(Set(etl) == Set(addresses.prefix(2)))
        for nobody in ["nothing.default.internal", "default.internal", "a.b.DEFAULT.internal"] {
            #expect(try meaning(nobody) == .nobody)
        }
        // A zone of the company's own may be there.
        for foreign in ["etl.other.internal", "a.b.c.internal", "git.internal", "internal"] {
            #expect(try meaning(foreign) == .foreign)
        }
        var other = CreateClusterRequest()
        other.clusterName = "other"
        _ = try await engine.createCluster(other)
        #expect(try meaning("etl.other.internal") == .nobody)
        #expect(try meaning("example.org") == .foreign)
        #expect(try meaning("side", to: IPv4Address(1)) == .stranger)
        // A private name and its address lead to each other.
        let name = addresses[2].privateName(region: engine.configuration.account.region)
        #expect(try meaning(name) == .addresses([addresses[2]], []))
        #expect(
            engine.meaning(of: .ipv4(addresses[2]), to: addresses[0]) == .pointer(try required(DomainName(name), name)))
        #expect(engine.meaning(of: .ipv4(IPv4Address(1)), to: addresses[0]) == .foreign)
        #expect(engine.meaning(of: .ipv4(addresses[2]), to: IPv4Address(1)) == .stranger)
        for task in tasks { try await stop(fixture, task) }
        #expect(try meaning("side") == .stranger)
    }
}
