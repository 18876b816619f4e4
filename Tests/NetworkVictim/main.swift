import BerthModel
import BerthNetwork
import BerthStore
import Foundation

// network-victim DIRECTORY [SECURITY-GROUP...]: has networks of tasks as a daemon would, in the network namespace that it is
// started in, for a test that kills it on the way.
//
// What the tasks of an earlier one hold is made again as it was and ends. Then each group named has a task in it, and one
// more publishes a port: each is taken and written down, and every second one ends.

let arguments = CommandLine.arguments
guard arguments.count >= 2 else { exit(64) }
do {
    let victim = try await Victim(directory: arguments[1])
    try await victim.endEarlier()
    try await victim.runTasks(in: Array(arguments.dropFirst(2)))
    await victim.network.drain()
} catch {
    print(error)
    exit(1)
}

/// A store and a network, in the order in which the daemon uses both.
struct Victim {
    let store: Store
    let network: HostNetwork
    let earlier: [HeldNetwork]

    struct Fault: Error { var description: String }

    private static let account = Account(region: "us-east-1", id: "123456789012")
    private static let cluster = "default"

    init(directory: String) async throws {
        store = try Store(path: directory + "/berth.db")
        let cluster = Cluster(clusterArn: Self.account.clusterARN(Self.cluster), clusterName: Self.cluster)
        let rows = try await store.write { writer in
            _ = try writer.addCluster(cluster, now: 0)
            _ = try writer.removeStaleNetworkLeases()
            return try writer.reader.liveTasks()
        }
        earlier = try rows.map {
            HeldNetwork(task: $0.task.id, try JSONDecoder().decode(TaskNetwork.self, from: $0.launch))
        }
        guard let subnet = IPv4Block("10.213.0.0/24"), let subnet6 = IPv6Block("fdbe:27b0:4e11::/64") else { exit(64) }
        network = try await HostNetwork.start(
            NetworkSettings(
                subnet: subnet, subnet6: subnet6, pool: 2, owner: directory, memory: directory + "/settings",
                report: { print("report: \($0)") }),
            holding: earlier)
    }

    func endEarlier() async throws {
        for held in earlier {
            let sandbox = try await network.restore(held.network, id: held.task, settings: [])
            guard sandbox.network == held.network else {
                throw Fault(description: "\(held) came as \(sandbox.network)")
            }
            try await end(held)
        }
    }

    func runTasks(in groups: [String]) async throws {
        if groups.isEmpty { return }
        let port = PublishedPort(container: 0, containerPort: 80, hostPort: 8080, transport: .tcp)
        var requests = groups.map { NetworkRequest(id: "", mode: .awsvpc, securityGroups: [$0]) }
        requests.append(NetworkRequest(id: "", mode: .bridge, ports: [port]))
        for (index, request) in requests.enumerated() {
            var request = request
            request.id = String(format: "%032x", index)
            // Kept until it is over: a namespace that nobody holds ends.
            let sandbox = try await network.take(request)
            let held = HeldNetwork(task: request.id, sandbox.network)
            try await write(held)
            if index % 2 == 0 { try await end(held) }
            withExtendedLifetime(sandbox) {}
        }
    }

    /// As RunTask does it: the task and its addresses in one transaction.
    private func write(_ held: HeldNetwork) async throws {
        let row = StoredTask(task: Self.task(held.task), launch: try JSONEncoder().encode(held.network))
        try await store.write { writer in
            try writer.addTask(row, cluster: Self.cluster, family: "victim")
            guard let link = held.network.link else { return }
            try writer.addNetworkLease("\(link.ipv4)", task: held.task)
        }
    }

    /// As the end of a task does it: written down first, given back then.
    private func end(_ held: HeldNetwork) async throws {
        var task = Self.task(held.task)
        task.lastStatus = .stopped
        task.desiredStatus = .stopped
        let row = StoredTask(task: task, launch: try JSONEncoder().encode(held.network))
        try await store.write { writer in
            try writer.updateTask(row)
            try writer.removeNetworkLeases(task: held.task)
        }
        await network.release(held.network, id: held.task)
    }

    private static func task(_ id: String) -> ECSTask {
        ECSTask(
            taskArn: account.taskARN(cluster: cluster, id: id), clusterArn: account.clusterARN(cluster),
            taskDefinitionArn: account.taskDefinitionARN(family: "victim", revision: 1), containers: [], cpu: "256",
            memory: "512", group: "family:victim", overrides: TaskOverride(), createdAt: Date())
    }
}
