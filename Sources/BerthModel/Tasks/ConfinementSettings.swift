/// What the kernel is told of one container of a task, beside its limits of CPU and memory; a checked definition's words,
/// sizes in MiB.
public struct ConfinementSettings: Equatable, Sendable {
    /// Over the default ones; `ALL` may be among them.
    public var addedCapabilities: [String]
    /// Taken away before any are added; `ALL` may be among them.
    public var droppedCapabilities: [String]
    /// Whether a first process of ours reaps the container's orphans and forwards signals.
    public var initProcess: Bool
    /// Paths in their shortest form, without options that change nothing.
    public var tmpfs: [Tmpfs]
    /// The size of `/dev/shm`; nil for the default.
    public var sharedMemoryMiB: Int?
    /// Over the default ones; -1 is no limit.
    public var ulimits: [Ulimit]
    /// The definition's, those of the network among them: which namespace each belongs to is in its name.
    public var systemControls: [SystemControl]
    /// Whether it has a terminal.
    public var pseudoTerminal: Bool
    /// Whether its standard input stays open.
    public var interactive: Bool

    init(_ container: ContainerDefinition) {
        let parameters = container.linuxParameters
        addedCapabilities = parameters?.capabilities?.add ?? []
        droppedCapabilities = parameters?.capabilities?.drop ?? []
        initProcess = parameters?.initProcessEnabled ?? false
        tmpfs = (parameters?.tmpfs ?? []).map(\.normalized)
        sharedMemoryMiB = parameters?.sharedMemorySize.flatMap { $0 > 0 ? $0 : nil }
        ulimits = container.ulimits ?? []
        systemControls = container.systemControls ?? []
        pseudoTerminal = container.pseudoTerminal ?? false
        interactive = container.interactive ?? false
    }
}

extension Tmpfs {
    fileprivate var normalized: Self {
        var mount = self
        mount.containerPath = containerPath.map(Self.normalized)
        mount.mountOptions = mountOptions?.filter { TmpfsOption($0).isMeaningful }
        return mount
    }

    /// The path without doubled and trailing slashes and without `.`.
    static func normalized(_ path: String) -> String {
        "/" + path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
