import BerthLinux

/// Why no driver fits this host.
public enum CgroupHostError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(LinuxError)
    case noUnifiedMount
    /// Controllers that no hierarchy offers, or that are split between v1 and v2: `inUnified` are those v2 has.
    case controllersMissing([String], inUnified: [String])
    /// Not an absolute path of plain names.
    case badRoot(String)

    public var description: String {
        switch self {
        case .unreadable(let error):
            "cannot find the cgroups of this host: \(error)"
        case .noUnifiedMount:
            """
            cannot limit tasks: no cgroup v2 hierarchy is mounted; mount one \
            (mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 none /sys/fs/cgroup/unified) or boot with \
            systemd.unified_cgroup_hierarchy=1
            """
        case .controllersMissing(let missing, let unified) where missing.isEmpty:
            """
            cannot limit tasks: the cgroup controllers \(unified.joined(separator: ", ")) are in v2 and the others in \
            v1; have cpu, memory and pids all in v2 (boot with systemd.unified_cgroup_hierarchy=1) or all mounted as v1
            """
        case .controllersMissing(let missing, _):
            """
            cannot limit tasks: no cgroup hierarchy offers \(missing.joined(separator: ", ")); enable it on the \
            kernel's command line (cgroup_enable=\(missing[0])), or in a container give it a writable /sys/fs/cgroup
            """
        case .badRoot(let root):
            "cannot keep tasks below the cgroup \"\(root)\": it must be an absolute path such as /berth/main"
        }
    }
}
