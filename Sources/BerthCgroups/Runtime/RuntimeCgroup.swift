import BerthLinux
import Glibc
import SystemPackage

/// One cgroup at a path of the caller's choice, as an OCI runtime needs it: the same path in every hierarchy of the
/// host, v1 and v2.
///
/// The value only names it; the kernel has the state, so another process that knows the path goes on with it. A child is
/// born in v2 (CLONE_INTO_CGROUP) and joins the others by writing `0` into ``joins`` before it goes on.
public struct RuntimeCgroup: Sendable {
    public let path: RuntimeCgroupPath
    let isUnified: Bool
    let unified: CgroupNode
    let legacy: [LegacyNode]

    /// The cgroup in a v1 hierarchy.
    struct LegacyNode: Sendable {
        var controllers: [String]
        var node: CgroupNode
    }

    /// Names the cgroup; nothing is made.
    public init(
        _ path: RuntimeCgroupPath, on hierarchies: CgroupHierarchies
    ) throws(RuntimeCgroupError) {
        self.path = path
        isUnified = hierarchies.isUnified
        unified = try failing { () throws(LinuxError) in
            try CgroupDirectory(hierarchies.unified)[path.relative]
        }
        var legacy: [LegacyNode] = []
        for hierarchy in hierarchies.legacy {
            let directory = try failing { () throws(LinuxError) in try CgroupDirectory(hierarchy.mount) }
            legacy.append(LegacyNode(controllers: hierarchy.controllers, node: directory[path.relative]))
        }
        self.legacy = legacy
    }

    /// Names the cgroup on this host.
    public init(_ path: RuntimeCgroupPath) throws(RuntimeCgroupError) {
        let hierarchies: CgroupHierarchies
        do throws(CgroupHostError) {
            hierarchies = try .detect()
        } catch {
            throw .host(error)
        }
        try self.init(path, on: hierarchies)
    }

    /// Where v2 has it: to be opened for CLONE_INTO_CGROUP.
    public var directory: String { unified.path }

    /// The `tasks` file of each v1 hierarchy. A process that enters a running container writes `0` here too, and into
    /// `cgroup.procs` of ``directory``.
    public var joins: [String] { legacy.map { $0.node.path + "/tasks" } }

    /// Whether the cgroup is there.
    public var exists: Bool { unified.exists() }

    /// Makes the cgroup and its missing parents, and limits it before any process is in.
    ///
    /// A cgroup that exists is taken when nobody lives in it. When a step fails, what was made is removed again.
    public func create(_ resources: RuntimeResources) throws(RuntimeCgroupError) {
        let existed = exists
        var made = CgroupsMade()
        do throws(RuntimeCgroupError) {
            for hierarchy in legacy {
                try make(hierarchy.node, &made) { level throws(LinuxError) in
                    if hierarchy.controllers.contains("cpuset") { try RuntimeCpuset.inherit(level) }
                }
            }
            try make(unified, &made) { _ throws(LinuxError) in }
            if existed {
                if try !processes().isEmpty { throw .occupied(path: directory) }
                try thaw()
            }
            let refusals = try RuntimeDelegation(self).enable(for: resources)
            try apply(resources, refusals)
        } catch {
            made.unmake()
            throw error
        }
    }

    /// Changes the limits of a running container; fields that are nil stay as they are.
    public func update(_ resources: RuntimeResources) throws(RuntimeCgroupError) {
        guard exists else {
            throw .failed(LinuxError("update the cgroup", directory, errno: .noSuchFileOrDirectory))
        }
        try apply(resources, [:])
    }

    /// Makes a cgroup with its parents, from the top; `prepare` is run on each level.
    private func make(
        _ node: CgroupNode, _ made: inout CgroupsMade, prepare: (CgroupNode) throws(LinuxError) -> Void
    ) throws(RuntimeCgroupError) {
        // A parent can go while we are below it: another container's was the last in it. That can happen again.
        for attempt in 1... {
            do throws(LinuxError) {
                for level in node.levels {
                    do throws(LinuxError) {
                        // Only the last is ours to remove: parents are shared.
                        if level.name == node.name { try made.make(level) } else { try level.make() }
                    } catch  where error.errno == .fileExists {}
                    try prepare(level)
                }
                return
            } catch {
                if !error.isGone || attempt == 16 { throw .failed(error) }
            }
        }
    }

    /// Removes the cgroup from every hierarchy, what is nested in it, and what is empty then between it and the root, if
    /// it lies below Berth's own parent. One that is gone is no error.
    ///
    /// - Throws: EBUSY when a process still lives in it.
    public func remove() throws(RuntimeCgroupError) {
        try failing { () throws(LinuxError) in
            for hierarchy in legacy { try hierarchy.node.removeTree() }
            // The last, so that as long as anything is left the cgroup exists.
            try unified.removeTree()
        }
        guard path.isBelowParent else { return }
        for node in legacy.map(\.node) + [unified] {
            for level in node.levels.dropLast().reversed() where rmdir(level.path) != 0 { break }
        }
    }
}

extension CgroupNode {
    /// The cgroup's ancestors from the top, and itself.
    var levels: [CgroupNode] {
        let parts = name.split(separator: "/")
        return parts.indices.map { directory[parts[...$0].joined(separator: "/")] }
    }
}
