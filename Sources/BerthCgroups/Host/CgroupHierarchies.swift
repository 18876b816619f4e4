import BerthLinux
import Glibc

/// Every cgroup hierarchy that is mounted where the calling process sees it.
public struct CgroupHierarchies: Equatable, Sendable {
    /// A v1 hierarchy.
    public struct Legacy: Equatable, Sendable {
        public var mount: String
        /// Its controllers; `name=…` for one that has a name and no controller, such as systemd's.
        public var controllers: [String]
    }

    /// Where v2 is mounted.
    public var unified: String
    public var legacy: [Legacy]

    /// Whether v2 has it all. A named hierarchy beside it limits nothing.
    public var isUnified: Bool { legacy.allSatisfy { $0.controllers.allSatisfy { $0.hasPrefix("name=") } } }

    /// - Throws: ``CgroupHostError/noUnifiedMount`` on a host that has v1 alone.
    public static func detect() throws(CgroupHostError) -> CgroupHierarchies {
        do {
            return try choose(
                mounts: CgroupMount.parse(SmallFile.read("/proc/self/mountinfo", limit: 64 << 20)),
                own: SmallFile.read("/proc/self/cgroup")
            ) { access($0 + "/cgroup.procs", F_OK) == 0 }
        } catch let error as CgroupHostError {
            throw error
        } catch let error as LinuxError {
            throw .unreadable(error)
        } catch {
            throw .noUnifiedMount
        }
    }

    /// - Parameters:
    ///   - own: `/proc/self/cgroup`, whose lines name every hierarchy that the kernel runs.
    ///   - isVisible: whether a cgroup mount can be seen at a path, rather than one that lies over it.
    static func choose(
        mounts: [CgroupMount], own: String, isVisible: (String) -> Bool
    ) throws(CgroupHostError) -> CgroupHierarchies {
        guard let unified = mounts.first(where: { $0.controllers == nil && isVisible($0.path) }) else {
            throw .noUnifiedMount
        }
        let legacy = own.split(separator: "\n").compactMap { line -> Legacy? in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, !fields[1].isEmpty else { return nil }
            let controllers = fields[1].split(separator: ",").map(String.init)
            // The options of a mount hold others beside the controllers, `xattr` for one.
            let mount = mounts.first { mount in
                controllers.allSatisfy { mount.controllers?.contains($0) == true } && isVisible(mount.path)
            }
            return mount.map { Legacy(mount: $0.path, controllers: controllers) }
        }
        return CgroupHierarchies(unified: unified.path, legacy: legacy)
    }
}
