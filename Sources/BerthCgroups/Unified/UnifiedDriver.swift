import BerthLinux
import Glibc
import Synchronization
import SystemPackage

/// Everything in v2. The child is born in its cgroup (CLONE_INTO_CGROUP), so there is nothing to join.
final class UnifiedDriver: LifecycleDriver {
    let name = "unified"
    private let mount: String
    private let root: String
    private let state = Mutex<State?>(nil)

    /// What ``prepare()`` opened.
    private struct State: Sendable {
        var tasks: CgroupDirectory
        var memory: UnifiedMemory
        var pids: UnifiedPIDs
        var io: UnifiedIO
        var filters: DeviceFilters
    }

    init(mount: String, root: String) {
        self.mount = mount
        self.root = root
    }

    /// If the root holds the daemon itself, as under systemd's `Delegate=yes`, the daemon moves to `supervisor`.
    ///
    /// - Throws: EBUSY when other processes sit in the root, EOPNOTSUPP when cpu, memory or pids is not offered to it.
    func prepare() throws(LinuxError) {
        try CgroupDirectory.makeAll(mount + root + "/supervisor")
        let tasks = try CgroupDirectory.making(mount + root + "/tasks")
        try Delegation(mount: mount, root: root).enable()
        let prepared = State(
            tasks: tasks, memory: UnifiedMemory(tasks: tasks), pids: UnifiedPIDs(tasks: tasks),
            io: UnifiedIO(tasks: tasks), filters: try DeviceFilters(above: tasks.itself))
        state.withLock { $0 = prepared }
    }

    private func prepared() throws(LinuxError) -> State {
        guard let state = state.withLock({ $0 }) else {
            throw LinuxError("use before it is prepared the cgroup", mount + root, errno: .noSuchFileOrDirectory)
        }
        return state
    }

    func lifecycleTasks() throws(LinuxError) -> CgroupDirectory { try prepared().tasks }

    func createTask(
        _ id: String, limits: TaskLimits, containers: [ContainerLimits]
    ) throws(LinuxError) -> TaskCgroup {
        try CgroupName.check(id, limits, containers)
        let state = try prepared()
        let task = state.tasks[id]
        var made = CgroupsMade()
        do throws(LinuxError) {
            try made.make(task)
            try state.filters.filter(limits.devices).attach(to: task)
            try UnifiedCPU.limit(task, limits)
            try state.memory.limit(task, limits)
            try state.pids.limit(task, limits)
            let separatesCPU = UnifiedCPU.separates(containers)
            // pids and io end at the task: it alone is limited and counted in them.
            try task.write(separatesCPU ? "+memory +cpu" : "+memory", to: "cgroup.subtree_control")
            for limits in containers {
                let container = task[limits.name]
                try made.make(container)
                try state.memory.limit(container: container, limits)
                if separatesCPU { try UnifiedCPU.limit(container: container, limits) }
            }
        } catch {
            made.unmake()
            throw error
        }
        return describe(task, containers.map(\.name), state)
    }

    private func describe(_ task: CgroupNode, _ containers: [String], _ state: State) -> TaskCgroup {
        let nodes = containers.map { task[$0] }
        let counters =
            UnifiedCPU.counters(task) + state.memory.counters(task, containers: nodes) + state.io.counters(task)
            + state.pids.counters(task)
        return TaskCgroup(
            id: task.name,
            containers: nodes.indices.map { .init(name: containers[$0], lifecycle: nodes[$0].path, joins: []) },
            counters: counters, removals: nodes.map(\.path) + [task.path])
    }

    func cgroup(of id: String) throws(LinuxError) -> TaskCgroup {
        try CgroupName.check(id)
        let state = try prepared()
        let task = state.tasks[id]
        return describe(task, try task.children(), state)
    }

    func counters(_ id: String) throws(LinuxError) -> [CounterReading] {
        try CounterReading.read(cgroup(of: id).counters)
    }

    func removeTask(_ id: String) throws(LinuxError) {
        try CgroupName.check(id)
        try prepared().tasks[id].removeTree()
    }

    func dismantle() throws(LinuxError) {
        try CgroupNode.removeRoot(mount + root)
        state.withLock { $0 = nil }
    }
}
