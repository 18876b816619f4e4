import BerthCgroups
import BerthConfinement
import BerthLaunch

/// What the engine hands over for a call of ``Call``: two containers on an image of eight layers.
@Sendable func request() throws -> LaunchRequest {
    let settings = try Call().settings()
    let seccomp = try SeccompCompiler().program(capabilities: .standard)
    let containers = settings.containers.map { container in
        var launch = ContainerLaunch(
            name: container.name, layers: (1...8).map { "/var/lib/berth/images/layers/\($0)/tree" },
            layersRoot: "/var/lib/berth/images/layers", arguments: container.command ?? [],
            environment: container.environment.map { "\($0.name ?? "")=\($0.value ?? "")" },
            workingDirectory: container.workingDirectory ?? "/", uid: 1000, gid: 1000, additionalGids: [1000],
            capabilities: .standard, seccomp: seccomp, logPath: "/var/lib/berth/logs/task-\(container.name).log",
            essential: container.essential, readonlyRootFilesystem: container.readonlyRootFilesystem, stopSignal: 15,
            stopTimeout: container.stopTimeout,
            dependencies: container.dependsOn.map { _ in .init(container: 0, condition: .success) })
        launch.initProcess = container.confinement.initProcess
        launch.files = ["hosts", "hostname", "resolv.conf"].map {
            BoundFile(path: "/etc/\($0)", source: "/var/lib/berth/tasks/task/files/\($0)", readOnly: false)
        }
        return launch
    }
    return LaunchRequest(
        id: "task", directory: "/var/lib/berth/tasks/task", hostname: "ip-10-42-0-17", cgroup: cgroup(containers),
        hostIDBase: 1_879_048_192, containers: containers)
}

/// As the hybrid driver makes it.
private func cgroup(_ containers: [ContainerLaunch]) -> TaskCgroup {
    let controllers = ["cpu", "memory", "pids", "blkio"]
    return TaskCgroup(
        id: "task",
        containers: containers.map { container in
            .init(
                name: container.name, lifecycle: "/sys/fs/cgroup/unified/berth/tasks/task/\(container.name)",
                joins: controllers.map { "/sys/fs/cgroup/\($0)/berth/tasks/task/\(container.name)/tasks" })
        },
        counters: ["cpu.stat", "memory.max_usage_in_bytes", "memory.oom_control", "pids.current"].map {
            CounterFile(name: $0, path: "/sys/fs/cgroup/memory/berth/tasks/task/\($0)", container: nil)
        },
        removals: containers.map { "/sys/fs/cgroup/unified/berth/tasks/task/\($0.name)" })
}
