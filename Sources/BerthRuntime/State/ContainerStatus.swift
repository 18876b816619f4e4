import BerthCgroups
import BerthLinux
import BerthOCI

extension StoredContainer {
    /// How the container is now, asked of the kernel.
    func status(_ record: ContainerRecord?) -> RuntimeState.Status {
        guard let record else { return .creating }
        guard record.pid > 0 else { return .creating }
        guard ProcessIdentity.startTime(of: record.pid) == record.startTime else { return .stopped }
        if hasGate { return .created }
        return isPaused(record) ? .paused : .running
    }

    /// The state document, with what runc adds to the specification's.
    func state(_ record: ContainerRecord) -> JSONValue {
        let status = status(record)
        let hasProcess = status != .stopped && status != .creating
        var members: [JSONValue.Member] = [
            .init("ociVersion", .string(record.version)), .init("id", .string(record.id)),
            .init("pid", .number(hasProcess ? record.pid : 0)), .init("status", .string(status.rawValue)),
            .init("bundle", .string(record.bundle)), .init("rootfs", .string(record.root)),
            .init("created", .string(record.created)),
        ]
        if !record.annotations.isEmpty {
            members.append(.init("annotations", .object(record.annotations.map { .init($0.name, .string($0.value)) })))
        }
        members.append(.init("owner", .string(record.owner)))
        return .object(members)
    }

    private func isPaused(_ record: ContainerRecord) -> Bool {
        guard let cgroup = try? record.runtimeCgroup() else { return false }
        return (try? cgroup.isFrozen) ?? false
    }
}
