import BerthCgroups
import BerthLinux
import BerthModel
import BerthNetwork
import BerthStore
import Foundation

extension Engine: EndpointSource {
    public func task(at address: IPv4Address) -> String? { live.task(at: .ipv4(address))?.id }

    public func container(endpoint id: String) -> EndpointContainer? {
        guard let task = live.task(endpoint: id) else { return nil }
        let dossier = task.dossier
        guard let container = dossier.endpoints?.containers.firstIndex(of: id) else { return nil }
        return EndpointContainer(
            task: task.id, container: container, isInHostNetwork: dossier.network?.mode == .host)
    }

    public func task(credentials id: String) -> RoleOfTask? {
        guard let task = live.task(endpoint: id), let role = task.settings.taskRoleArn else { return nil }
        let dossier = task.dossier
        guard dossier.endpoints?.credentials == id else { return nil }
        return RoleOfTask(task: task.id, roleArn: role, isInHostNetwork: dossier.network?.mode == .host)
    }

    /// Whether a task may still use what it was given for its life: as long as a program of its may run, also in the time
    /// that it has to stop, but not while its end is being written.
    public func isLive(task id: String) -> Bool { live[id]?.mayRunPrograms ?? false }

    public func view(task id: String) -> TaskView? {
        guard let task = live[id] else { return nil }
        let dossier = task.dossier
        let life = task.life
        return TaskView(
            task: life.task, settings: task.settings, family: dossier.family, revision: dossier.revision,
            network: dossier.network ?? TaskNetwork(mode: .none), facts: networkFacts, times: life.times,
            region: configuration.account.region)
    }

    public func readings(task id: String) async -> TaskReadings? {
        guard let task = live[id] else { return nil }
        async let usage = networkUsage(of: task)
        let containers = await workers.run { [cgroups] in (try? cgroups.statistics(id)) ?? [:] }
        let network = await usage
        return TaskReadings(
            time: Date(), containers: containers, network: network, systemCPU: HostCPU.nanoseconds(),
            cpus: HostCPU.count)
    }

    public func storageUsed(task id: String) async -> UInt64? {
        guard let task = live[id] else { return nil }
        let directory = configuration.tasksDirectory + "/" + id + "/containers/"
        let names = task.settings.containers.map(\.name)
        return await sizes.of(id) { [imageWorkers] in
            await imageWorkers.run { names.reduce(0) { $0 + DirectorySize.bytes(below: directory + $1 + "/upper") } }
        }
    }

    public func protection(task id: String) -> Date? {
        guard let expires = live[id]?.dossier.protection?.expires, expires > Date() else { return nil }
        return expires
    }

    public func protect(task id: String, until: Date?) async throws {
        guard let task = live[id] else { throw ServiceError.taskNotFound }
        task.protect(until.map(TaskProtection.init))
        // Without a new version the row would keep what it has.
        task.change { $0.noteChange() }
        let row = try task.row()
        try await store.write { _ = try $0.updateTask(row) }
    }
}
