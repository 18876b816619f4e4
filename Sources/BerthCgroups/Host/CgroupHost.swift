import BerthLinux

/// How this host has mounted its cgroups, as far as Berth has a driver for it.
public enum CgroupHost: Equatable, Sendable {
    /// Limits and lifecycle in v2. The path is where v2 is mounted.
    case unified(mount: String)
    /// Limits in v1, lifecycle in v2. The paths are where v2 and each v1 controller are mounted.
    case hybrid(mount: String, controllers: [String: String])

    /// Without these there are no limits to sell; `io` and `blkio` only count, and may be missing.
    static let required = ["cpu", "memory", "pids"]

    /// Looks at the mounts of the calling process.
    public static func detect() throws(CgroupHostError) -> CgroupHost {
        let mountinfo: String
        do {
            // A host of many mounts has a long list.
            mountinfo = try SmallFile.read("/proc/self/mountinfo", limit: 64 << 20)
        } catch {
            throw .unreadable(error)
        }
        return try choose(CgroupMount.parse(mountinfo)) { try? SmallFile.read($0 + "/cgroup.controllers") }
    }

    /// - Parameter controllers: the content of `cgroup.controllers` below a path, nil when there is none: a mount that
    ///   another one hides.
    static func choose(
        _ mounts: [CgroupMount], controllers: (String) -> String?
    ) throws(CgroupHostError) -> CgroupHost {
        var unified: (path: String, controllers: [String])?
        for mount in mounts where mount.controllers == nil {
            guard unified == nil, let content = controllers(mount.path) else { continue }
            unified = (mount.path, content.split(whereSeparator: \.isWhitespace).map(String.init))
        }
        guard let unified else { throw .noUnifiedMount }
        if required.allSatisfy(unified.controllers.contains) { return .unified(mount: unified.path) }

        var legacy: [String: String] = [:]
        for mount in mounts {
            for name in mount.controllers ?? [] where legacy[name] == nil { legacy[name] = mount.path }
        }
        let missing = required.filter { legacy[$0] == nil }
        guard missing.isEmpty else {
            throw .controllersMissing(
                missing.filter { !unified.controllers.contains($0) },
                inUnified: required.filter(unified.controllers.contains))
        }
        return .hybrid(mount: unified.path, controllers: legacy)
    }

    /// - Parameter root: the cgroup below which everything of Berth lives, as an absolute path within the hierarchy,
    ///   for example `/berth/main`; made when missing. On a unified host it may be the one delegated to the daemon.
    public func makeDriver(root: String) throws(CgroupHostError) -> any CgroupDriver {
        let parts = root.split(separator: "/", omittingEmptySubsequences: false)
        let isClean =
            parts.first == "" && parts.count > 1
            && parts.dropFirst().allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\n") }
        guard isClean else { throw .badRoot(root) }
        switch self {
        case .unified(let mount): return UnifiedDriver(mount: mount, root: root)
        case .hybrid(let mount, let controllers):
            return HybridDriver(mount: mount, controllers: controllers, root: root)
        }
    }
}

/// The driver that fits this host.
///
/// - Parameter root: see ``CgroupHost/makeDriver(root:)``.
public func makeDriver(root: String) throws(CgroupHostError) -> any CgroupDriver {
    try CgroupHost.detect().makeDriver(root: root)
}
