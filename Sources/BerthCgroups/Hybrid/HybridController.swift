import BerthLinux

/// One v1 hierarchy: its limits, where a child joins it, and its counters.
protocol HybridController: Sendable {
    /// The parent of all tasks in this hierarchy.
    var tasks: CgroupDirectory { get }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError)

    /// Gives a task the cgroup that was made ahead for one like it, with all that ``limit(_:_:)`` does.
    ///
    /// - Returns: false when there is none.
    func giveReady(to task: CgroupNode, _ limits: TaskLimits) -> Bool

    /// Makes one ahead for a task like the last, where that is worth it.
    func makeReady()

    /// Whether each of several containers needs a cgroup of its own here. A task's only container never does: its task's
    /// cgroup has the limits of both. What it costs is more than the 40 µs to make it: when a memory cgroup is removed, the
    /// kernel walks two lists of every file system that is mounted, a thousand tasks' too.
    var separates: Bool { get }

    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError)

    /// The counters of a task.
    ///
    /// - Parameter containers: the containers' own cgroups here; empty when the task's serves its only container.
    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile]
}

extension HybridController {
    func giveReady(to task: CgroupNode, _ limits: TaskLimits) -> Bool { false }
    func makeReady() {}
    var separates: Bool { false }
    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {}
    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] { [] }
}

extension CgroupNode {
    /// One of its files, as a counter of the task or of a container.
    func counter(_ file: String, named name: String? = nil, container: Int? = nil) -> CounterFile {
        CounterFile(name: name ?? file, path: path + "/" + file, container: container)
    }
}
