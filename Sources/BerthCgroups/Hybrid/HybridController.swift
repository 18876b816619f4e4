import BerthLinux

/// One v1 hierarchy: its limits, where a child joins it, and its counters.
protocol HybridController: Sendable {
    /// The parent of all tasks in this hierarchy.
    var tasks: CgroupDirectory { get }

    func limit(_ task: CgroupNode, _ limits: TaskLimits) throws(LinuxError)

    /// Whether the containers of a task need cgroups of their own here. Each costs some 40 µs of a launch, so a task
    /// of one container does without where the task's cgroup says the same.
    func separates(_ containers: [ContainerLimits], in task: TaskLimits) -> Bool

    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError)

    /// The counters of a task.
    ///
    /// - Parameter containers: the containers' own cgroups here; empty when the task's serves its only container.
    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile]
}

extension HybridController {
    func separates(_ containers: [ContainerLimits], in task: TaskLimits) -> Bool { false }
    func limit(container: CgroupNode, _ limits: ContainerLimits) throws(LinuxError) {}
    func counters(task: CgroupNode, containers: [CgroupNode]) -> [CounterFile] { [] }
}

extension CgroupNode {
    /// One of its files, as a counter of the task or of a container.
    func counter(_ file: String, named name: String? = nil, container: Int? = nil) -> CounterFile {
        CounterFile(name: name ?? file, path: path + "/" + file, container: container)
    }
}
