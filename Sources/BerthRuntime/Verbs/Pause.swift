import BerthCgroups

extension Verb {
    static let pause = Verb(
        name: "pause", operands: "CONTAINER", summary: "stop all processes of a container until it is resumed"
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        try container.lock()
        let record = try container.record()
        let status = container.status(record)
        guard let record, status == .running || status == .created else {
            throw Failure("container not running or created: \(container.id) is \(status.rawValue)")
        }
        let cgroup = try record.neededCgroup()
        try step { () throws(RuntimeCgroupError) in try cgroup.freeze() }
        return 0
    }

    static let resume = Verb(
        name: "resume", operands: "CONTAINER", summary: "let the processes of a paused container go on"
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        try container.lock()
        let record = try container.record()
        let status = container.status(record)
        guard let record, status == .paused else {
            throw Failure("container not paused: \(container.id) is \(status.rawValue)")
        }
        let cgroup = try record.neededCgroup()
        try step { () throws(RuntimeCgroupError) in try cgroup.thaw() }
        return 0
    }
}
