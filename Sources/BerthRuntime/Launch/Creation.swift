import BerthCgroups
import BerthLaunch
import BerthLinux
import BerthOCI
import CBerthLaunch
import CBerthPlan
import Glibc

/// Makes a container: everything up to its program, which then waits for `start`, or runs.
struct Creation {
    var id: ContainerID
    var bundle: Bundle
    var options: CreationOptions
    var global: GlobalOptions
    var log: Log

    /// What came of it.
    struct Created: ~Copyable {
        var container: StoredContainer
        var record: ContainerRecord
        var launch: Launch
        var terminal: OwnedDescriptor?
    }

    /// Refuses what cannot work before anything is made; after that, takes back what was made when a step fails.
    func carryOut() throws(Failure) -> Created {
        guard bundle.configuration.process != nil else {
            throw Failure("\(bundle.path)/config.json: process is missing; Berth makes no container without a program")
        }
        try Surroundings.check(bundle)
        let console = try options.console(for: bundle.configuration.process?.terminal ?? false)
        let path = try step { () throws(RuntimeCgroupError) in
            try RuntimeCgroupPath(bundle.configuration.linux.cgroupsPath, id: id.description)
        }
        var surroundings = try Surroundings(bundle, process: bundle.configuration.process, cgroup: path.description)
        surroundings.preservedDescriptors = options.preservedDescriptors
        surroundings.waitsForStart = options.waitsForStart
        let steps = ContainerSteps(configuration: bundle.configuration, surroundings: surroundings)
        let operations: [Operation]
        do throws(SpecError) {
            operations = try steps.all()
        } catch {
            throw Failure("\(bundle.path)/config.json: \(error)")
        }
        warnOfCapabilities(steps)

        let container = try StateDirectory(global.root).make(id)
        try container.lock()
        var undo = Undo(container: container.path, bundle: bundle, log: log)
        do throws(Failure) {
            return try make(container, path, operations, steps, console, &undo)
        } catch {
            undo.carryOut(state(.stopped, pid: nil))
            throw error
        }
    }

    private func make(
        _ container: consuming StoredContainer, _ path: RuntimeCgroupPath, _ operations: [Operation],
        _ steps: ContainerSteps, _ console: consuming OwnedDescriptor?, _ undo: inout Undo
    ) throws(Failure) -> Created {
        var record = ContainerRecord(
            id: id.description, version: bundle.configuration.version, bundle: bundle.path,
            root: bundle.rootDirectory, pid: 0, startTime: 0, created: Moment.now.text(fraction: true),
            cgroup: nil, sharesMounts: bundle.configuration.linux.namespace(.mount) == nil,
            owner: Account.name(geteuid()), annotations: bundle.configuration.annotations)
        try container.store(configuration: bundle.text)
        try container.store(record)
        let cgroup = try makeCgroup(path)
        // Only now is it ours to end: `delete` believes the record.
        record.cgroup = cgroup == nil ? nil : path.description
        try container.store(record)
        undo.cgroup = cgroup

        let gate =
            try options.waitsForStart
            ? step { () throws(LinuxError) in
                try LocalSocket.listen(in: container.directory, name: StoredContainer.gate)
            } : nil
        let hookState = try step { () throws(LinuxError) in try AnonymousFile.make(name: "state") }
        var launch = try Launch.prepare(
            plan(operations, steps, cgroup, container.path), joins: Joins(bundle.configuration.linux),
            cgroup: Self.open(cgroup), gate: gate.number, hookState: hookState.number)
        undo.mountedOnHost = record.sharesMounts
        do throws(Failure) {
            try launch.clone()
            undo.stage = .hooks
            try begin(&launch, hookState)
            let terminal = try Console.handOver(launch.takeTerminal(), to: console)
            record.pid = launch.pid
            record.startTime = ProcessIdentity.startTime(of: launch.pid) ?? 0
            let status: RuntimeState.Status = options.waitsForStart ? .created : .running
            try write(state(status, pid: launch.pid), to: hookState)
            try container.store(record)
            if let file = options.pidFile { try PIDFile.write(launch.pid, to: file) }
            return Created(container: container, record: record, launch: launch, terminal: terminal)
        } catch {
            launch.kill()
            throw error
        }
    }

    /// Hooks while the process waits in its namespaces, then its own steps.
    private func begin(_ launch: inout Launch, _ hookState: borrowing OwnedDescriptor) throws(Failure) {
        let state = state(.creating, pid: launch.pid)
        try write(state, to: hookState)
        try Hooks.run(.prestart, of: bundle, state)
        try Hooks.run(.createRuntime, of: bundle, state)
        if let scheduler = bundle.configuration.process?.scheduler {
            try step { () throws(LinuxError) in try Kernel.schedule(launch.pid, scheduler) }
        }
        try launch.go()
        if options.waitsForStart, let process = bundle.configuration.process {
            try step { () throws(LinuxError) in try ProgramLookup(process: process).check(in: launch.pid) }
        }
    }

    func state(_ status: RuntimeState.Status, pid: Int32?) -> RuntimeState {
        RuntimeState(
            version: bundle.configuration.version, id: id.description, status: status, pid: pid, bundle: bundle.path,
            annotations: bundle.configuration.annotations)
    }

    private func write(_ state: RuntimeState, to file: borrowing OwnedDescriptor) throws(Failure) {
        try step { () throws(LinuxError) in
            try check("empty", "the hooks' state") { ftruncate(file.number, 0) }
            lseek(file.number, 0, SEEK_SET)
            try file.writeAll(state.document.bytes(), subject: "the hooks' state")
        }
    }

    /// Nil for a user who may make none and asks for no limit.
    private func makeCgroup(_ path: RuntimeCgroupPath) throws(Failure) -> RuntimeCgroup? {
        let limits = bundle.configuration.linux.resources
        let cgroup = try RuntimeCgroup.named(path)
        do throws(RuntimeCgroupError) {
            try cgroup.create(RuntimeResources(limits, withDevices: true))
            return cgroup
        } catch {
            let asksForNothing = bundle.configuration.linux.cgroupsPath == nil && limits == RuntimeResourceLimits()
            if geteuid() != 0 && error.isLackOfPermission && asksForNothing { return nil }
            throw Failure(error.description)
        }
    }

    private func plan(
        _ operations: [Operation], _ steps: ContainerSteps, _ cgroup: RuntimeCgroup?, _ directory: String
    ) -> PlanContent {
        let linux = bundle.configuration.linux
        var part = ContainerPlan()
        part.lifecycle = cgroup?.directory
        part.joins = cgroup?.joins ?? []
        part.score = bundle.configuration.process?.oomScoreAdjustment.map { "\($0)" }
        part.namespaces = Namespaces(
            rawValue: linux.namespaces.filter { $0.path == nil && $0.kind != .cgroup }
                .reduce(0) { $0 | Int($1.kind.flag) })
        part.preservedDescriptors = steps.surroundings.preservedDescriptors
        part.operations = operations
        var plan = PlanContent(directory: directory)
        plan.containers = [part]
        if let user = linux.namespace(.user), user.path == nil {
            let root = linux.uidMappings.hostID(of: 0) ?? 0
            plan.maps = IDMaps(uids: linux.uidMappings.text, gids: linux.gidMappings.text, root: root)
            plan.hostID = root
            if !steps.mayChangeGroups { plan.flags = BERTH_PLAN_DENY_SETGROUPS }
        }
        return plan
    }

    /// A cgroup's directory of v2, to be born in.
    static func open(_ cgroup: RuntimeCgroup?) throws(Failure) -> OwnedDescriptor? {
        guard let cgroup else { return nil }
        return try step { () throws(LinuxError) in
            try OwnedDescriptor.open(cgroup.directory, flags: O_RDONLY | O_DIRECTORY)
        }
    }

    private func warnOfCapabilities(_ steps: ContainerSteps) {
        guard let process = bundle.configuration.process else { return }
        let refused = ProcessSteps(process: process, steps: steps).capabilities.refused
        if !refused.isEmpty {
            log.warning("process.capabilities: cannot grant \(refused.joined(separator: ", "))")
        }
    }
}
