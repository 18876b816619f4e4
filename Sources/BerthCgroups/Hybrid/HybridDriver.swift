import BerthLinux
import Glibc
import Synchronization
import SystemPackage

/// Limits in v1, one hierarchy a controller; lifecycle, kill, freeze and CPU usage in v2.
///
/// The v2 cgroup of a task is made first, so that ``tasks()`` knows every task of which anything lives. A shim removes no more
/// than that; what is then left in v1 is empty, and removed in a lull between tasks (``Housekeeping``).
final class HybridDriver: LifecycleDriver {
    let name = "hybrid"
    private let mount: String
    private let controllerMounts: [String: String]
    private let root: String
    private let pause: Duration
    private let state = Mutex<State?>(nil)

    /// What ``prepare()`` opened.
    private struct State: Sendable {
        var lifecycle: CgroupDirectory
        var controllers: [any HybridController]
        var filters: DeviceFilters
        var housekeeping: Housekeeping
    }

    /// - Parameter pause: how long no task may begin or end before there is a lull. A task that ends at once takes a tenth of
    ///   50 ms, and tasks that follow one another closely have no lull between them.
    init(mount: String, controllers: [String: String], root: String, pause: Duration = .milliseconds(50)) {
        self.mount = mount
        controllerMounts = controllers
        self.root = root
        self.pause = pause
    }

    /// The daemon stays where it is in v1: its own limits are not ours to change. What v1 has of tasks that are over waits for a
    /// lull, as what this daemon will leave there.
    func prepare() throws(LinuxError) {
        try CgroupDirectory.makeAll(mount + root + "/supervisor")
        let lifecycle = try CgroupDirectory.making(mount + root + "/tasks")
        var controllers: [any HybridController] = []
        if let tasks = try tasks(of: "cpu") { controllers.append(HybridCPU(tasks: tasks)) }
        if let tasks = try tasks(of: "memory") { controllers.append(try HybridMemory(tasks: tasks)) }
        if let tasks = try tasks(of: "pids") { controllers.append(HybridPIDs(tasks: tasks)) }
        if let tasks = try tasks(of: "blkio") { controllers.append(HybridBlockIO(tasks: tasks)) }
        let left = try leftovers(in: controllers.map(\.tasks), lifecycle)
        // A dying cgroup costs little more than the memory it holds: seconds of it do no harm.
        let housekeeping = try Housekeeping(controllers, Postponed(left, pause: pause, patience: pause * 100))
        let prepared = State(
            lifecycle: lifecycle, controllers: controllers, filters: try DeviceFilters(above: lifecycle.itself),
            housekeeping: housekeeping)
        state.withLock { $0 = prepared }
    }

    /// The tasks that v1 has something of and v2 nothing: a daemon ended before it came to remove that, or the task's shim
    /// outlived it. And what a daemon had made ahead, which is no task's.
    ///
    /// v1 is listed before v2. A task's cgroup in v2 is made before those in v1 and removed only when it is over: one that was seen
    /// in v1 and is not in v2 afterwards is over. The other way round, one that is made in between would seem to be.
    private func leftovers(
        in hierarchies: [CgroupDirectory], _ lifecycle: CgroupDirectory
    ) throws(LinuxError) -> [String] {
        var found: Set<String> = []
        for hierarchy in hierarchies { found.formUnion(try hierarchy.itself.children()) }
        found.subtract(try lifecycle.itself.children())
        // Somebody else may have cgroups of other names here, such as a daemon whose root is below this one.
        return found.filter { CgroupName.isOfTask($0) || ReadyCPU.isName($0) }.sorted()
    }

    /// The parent of all tasks in a controller's hierarchy: the root itself, since in v1 `tasks` is a file.
    private func tasks(of controller: String) throws(LinuxError) -> CgroupDirectory? {
        guard let mount = controllerMounts[controller] else { return nil }
        return try CgroupDirectory.making(mount + root)
    }

    private func prepared() throws(LinuxError) -> State {
        guard let state = state.withLock({ $0 }) else {
            throw LinuxError("use before it is prepared the cgroup", mount + root, errno: .noSuchFileOrDirectory)
        }
        return state
    }

    func lifecycleTasks() throws(LinuxError) -> CgroupDirectory { try prepared().lifecycle }

    func createTask(
        _ id: String, limits: TaskLimits, containers: [ContainerLimits]
    ) throws(LinuxError) -> TaskCgroup {
        try CgroupName.check(id, limits, containers)
        let state = try prepared()
        state.housekeeping.taskBegins()
        defer { state.housekeeping.taskIsMade() }
        let isAlone = containers.count == 1
        let limits = isAlone ? limits.carrying(containers[0]) : limits
        var made = CgroupsMade()
        do throws(LinuxError) {
            let task = state.lifecycle[id]
            try made.make(task)
            try state.filters.filter(limits.devices).attach(to: task)
            for container in containers { try made.make(task[container.name]) }
            for controller in state.controllers {
                let node = controller.tasks[id]
                if controller.giveReady(to: node, limits) {
                    made.add(node)
                } else {
                    try made.make(node)
                    try controller.limit(node, limits)
                }
                guard controller.separates, !isAlone else { continue }
                for container in containers {
                    let own = node[container: container.name]
                    try made.make(own)
                    try controller.limit(container: own, container)
                }
            }
            return describe(id, containers.map(\.name), state) { $0.separates && !isAlone }
        } catch {
            made.unmake()
            throw error
        }
    }

    /// - Parameter separates: whether the containers have cgroups of their own in a controller's hierarchy. Those of a task
    ///   that an earlier release made can have one where this one makes none.
    private func describe(
        _ id: String, _ containers: [String], _ state: State, separates: (any HybridController) -> Bool
    ) -> TaskCgroup {
        let task = state.lifecycle[id]
        var nodes = containers.map { TaskCgroup.Node(name: $0, lifecycle: task[$0].path, joins: []) }
        var counters = [task.counter("cpu.stat")]
        for controller in state.controllers {
            let node = controller.tasks[id]
            let own = separates(controller) ? containers.map { node[container: $0] } : []
            for index in nodes.indices {
                nodes[index].joins.append((own.isEmpty ? node : own[index]).path + "/tasks")
            }
            counters += controller.counters(task: node, containers: own)
        }
        return TaskCgroup(
            id: id, containers: nodes, counters: counters, removals: nodes.map(\.lifecycle) + [task.path])
    }

    func cgroup(of id: String) throws(LinuxError) -> TaskCgroup {
        try CgroupName.check(id)
        let state = try prepared()
        let containers = try state.lifecycle[id].children()
        return describe(id, containers, state) { controller in
            containers.contains { controller.tasks[id][container: $0].exists() }
        }
    }

    func counters(_ id: String) throws(LinuxError) -> [CounterReading] {
        try CounterReading.read(cgroup(of: id).counters)
    }

    func prepareNext() { state.withLock { $0 }?.housekeeping.makeReady() }

    func reclaim(_ id: String) {
        guard (try? CgroupName.check(id)) != nil else { return }
        state.withLock { $0 }?.housekeeping.remove(id)
    }

    func removeTask(_ id: String) throws(LinuxError) {
        try CgroupName.check(id)
        let state = try prepared()
        for controller in state.controllers { try controller.tasks[id].removeTree() }
        try state.lifecycle[id].removeTree()
    }

    func dismantle() throws(LinuxError) {
        for controller in ["cpu", "memory", "pids", "blkio"] {
            if let path = controllerMounts[controller] { try CgroupNode.removeRoot(path + root) }
        }
        try CgroupNode.removeRoot(mount + root)
        state.withLock { $0 = nil }
    }
}

extension CgroupNode {
    /// A container's cgroup in v1, told by its prefix from the files there: `tasks` is a good name for a container.
    fileprivate subscript(container name: String) -> CgroupNode { self["c-" + name] }
}
