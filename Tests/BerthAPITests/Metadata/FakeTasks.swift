import BerthCgroups
import BerthEngine
import BerthModel
import BerthNetwork
import Foundation
import Synchronization

@testable import BerthAPI

/// Two tasks with links and one in the host's network, without an engine. Their addresses are of 127.0.0.0/8.
final class FakeTasks: EndpointSource {
    static let etl = "0123456789abcdef0123456789abcdef"
    static let other = "fedcba9876543210fedcba9876543210"
    static let onHost = "11111111111111111111111111111111"
    static let role = "arn:aws:iam::123456789012:role/jobs/etl"

    private let state: Mutex<State>

    struct State: Sendable {
        var views: [String: TaskView]
        var readings: [String: [TaskReadings]] = [:]
        var protections: [String: Date] = [:]
    }

    init() throws {
        state = Mutex(
            State(views: [
                Self.etl: try Self.view(Self.etl, address: "127.0.0.2"),
                Self.other: try Self.view(Self.other, address: "127.0.0.3"),
                Self.onHost: try Self.view(Self.onHost, address: nil),
            ]))
    }

    /// What the next readings of a task are.
    func will(read readings: [TaskReadings], of task: String) { state.withLock { $0.readings[task] = readings } }

    func change(_ task: String, _ body: (inout TaskView) -> Void) {
        state.withLock { state in
            guard var view = state.views[task] else { return }
            body(&view)
            state.views[task] = view
        }
    }

    func end(_ task: String) { state.withLock { $0.views[task] = nil } }

    // MARK: EndpointSource

    func task(at address: IPv4Address) -> String? {
        state.withLock { $0.views.first { $0.value.network.link?.ipv4 == address }?.key }
    }

    /// `<first digit of the task>-<container>`.
    func container(endpoint id: String) -> EndpointContainer? {
        state.withLock { state in
            for (task, view) in state.views {
                for index in view.task.containers.indices where id == "\(task.prefix(1))-\(index)" {
                    return EndpointContainer(
                        task: task, container: index, isInHostNetwork: view.network.mode == .host)
                }
            }
            return nil
        }
    }

    func task(credentials id: String) -> RoleOfTask? {
        state.withLock { state in
            guard let (task, view) = state.views.first(where: { "role-\($0.key.prefix(1))" == id }) else { return nil }
            return RoleOfTask(task: task, roleArn: Self.role, isInHostNetwork: view.network.mode == .host)
        }
    }

    func view(task id: String) -> TaskView? { state.withLock { $0.views[id] } }

    func readings(task id: String) async -> TaskReadings? {
        state.withLock { state in
            guard state.readings[id]?.isEmpty == false else { return nil }
            return state.readings[id]?.removeFirst()
        }
    }

    func storageUsed(task id: String) async -> UInt64? { 3 << 20 }

    func protection(task id: String) -> Date? { state.withLock { $0.protections[id] } }
    func protect(task id: String, until: Date?) async throws { state.withLock { $0.protections[id] = until } }

    // MARK: What they are

    private static func view(_ id: String, address: String?) throws -> TaskView {
        let account = Account(region: "eu-west-1", id: "123456789012")
        let arn = account.taskARN(cluster: "default", id: id)
        var containers: [Container] = []
        for name in ["main", "side"] {
            var container = Container(
                containerArn: account.containerARN(cluster: "default", task: id, id: "c-\(name)"), taskArn: arn,
                name: name, image: "busybox:1", cpu: "128")
            container.runtimeId = "\(id)-265927825\(containers.count)"
            container.imageDigest = "sha256:" + String(repeating: "ab", count: 32)
            container.lastStatus = containers.isEmpty ? "RUNNING" : "PENDING"
            containers.append(container)
        }
        var task = ECSTask(
            taskArn: arn, clusterArn: account.clusterARN("default"),
            taskDefinitionArn: account.taskDefinitionARN(family: "etl", revision: 7), containers: containers,
            cpu: "512", memory: "1024", group: "family:etl", overrides: TaskOverride(),
            createdAt: Date(timeIntervalSince1970: 1_700_000_000))
        task.lastStatus = .running
        task.pullStartedAt = Date(timeIntervalSince1970: 1_700_000_001.25)
        task.pullStoppedAt = Date(timeIntervalSince1970: 1_700_000_002)
        task.tags = [Tag(key: "team", value: "data"), Tag(key: "lower-case", value: "Stays")]
        let link = try address.map { text in
            TaskLink(
                ipv4: try required(IPv4Address(text)), ipv6: IPv6Address("fd00::2"), mac: MACAddress(0x0242_7F00_0002),
                hostName: "be2")
        }
        let facts = NetworkFacts(
            subnet: try required(IPv4Block("127.0.0.0/16")), subnet6: IPv6Block("fd00::/64"),
            gateway: try required(IPv4Address("127.0.0.1")), gateway6: nil, mtu: 1500,
            resolver: try required(IPv4Address("169.254.169.253")),
            metadata: try required(IPv4Address("169.254.170.2")))
        return TaskView(
            task: task, settings: try settings(), family: "etl", revision: 7,
            network: TaskNetwork(mode: link == nil ? .host : .awsvpc, link: link), facts: facts,
            times: [ContainerTimes(startedAt: Date(timeIntervalSince1970: 1_700_000_003.5)), ContainerTimes()],
            region: "eu-west-1")
    }

    /// As a call gives them.
    private static func settings() throws -> TaskSettings {
        let json = """
            {"family":"etl","executionRoleArn":"arn:aws:iam::123456789012:role/x","cpu":"512","memory":"1024","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],
             "containerDefinitions":[
              {"name":"main","image":"busybox:1","cpu":128,"memory":256,"dockerLabels":{"com.Example":"Yes"},
               "portMappings":[{"containerPort":80,"protocol":"tcp"}],
               "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/etl","awslogs-region":"eu-west-1",
                "awslogs-stream-prefix":"etl","awslogs-create-group":"true"}}},
              {"name":"side","image":"busybox:1"}]}
            """
        let request = try JSONDecoder().decode(RegisterTaskDefinitionRequest.self, from: Data(json.utf8)).validated()
        let definition = TaskDefinition(
            request, account: Account(region: "eu-west-1", id: "123456789012"), revision: 7, registeredAt: Date(),
            registeredBy: "test")
        let call = """
            {"taskDefinition":"etl","launchType":"FARGATE","overrides":{"taskRoleArn":"\(role)"},
             "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}}
            """
        return try JSONDecoder().decode(RunTaskRequest.self, from: Data(call.utf8)).validated(for: definition)
    }
}

struct Missing: Error {}

private func required<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Missing() }
    return value
}
