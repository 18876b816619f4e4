import BerthLinux
import Glibc
import SystemPackage

extension CgroupNode {
    /// Removes an empty cgroup and those below it; one that is gone is no error.
    ///
    /// A process that has just ended can hold its cgroup for a moment longer than its `populated 0` says, so EBUSY is
    /// tried again for 200 ms in all.
    ///
    /// - Throws: EBUSY when a process still lives in it.
    func removeTree() throws(LinuxError) {
        var patience: UInt32 = 200_000
        try removeTree(&patience)
    }

    /// - Parameter patience: the microseconds left to wait, for the whole tree.
    private func removeTree(_ patience: inout UInt32) throws(LinuxError) {
        var pause: UInt32 = 100
        while true {
            do throws(LinuxError) {
                return try remove()
            } catch  where error.errno == .resourceBusy {
                let children = try childrenIfAny()
                for child in children { try self[child].removeTree(&patience) }
                if !children.isEmpty { continue }
                if patience < pause { throw error }
                usleep(pause)
                patience -= pause
                pause = min(pause * 2, 10_000)
            }
        }
    }

    private func childrenIfAny() throws(LinuxError) -> [String] {
        do throws(LinuxError) {
            return try children()
        } catch  where error.isGone {
            return []
        }
    }

    /// Removes the tree of a driver, given by its path, and the parents that are empty then, as `prepare()` makes them.
    static func removeRoot(_ path: String) throws(LinuxError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = String(path[path.index(after: slash)...])
        var parent = path[..<slash]
        do throws(LinuxError) {
            try CgroupDirectory(String(parent))[name].removeTree()
        } catch  where error.errno == .noSuchFileOrDirectory {}
        // One that holds anything, and the mount itself, answer EBUSY.
        while rmdir(String(parent)) == 0, let slash = parent.lastIndex(of: "/") { parent = parent[..<slash] }
    }

    private func remove() throws(LinuxError) {
        do throws(LinuxError) {
            try check("remove cgroup", path) { unlinkat(directory.number, name, AT_REMOVEDIR) }
        } catch  where error.errno == .noSuchFileOrDirectory {}
    }
}

/// Cgroups made so far for a task, to be unmade if a later step fails.
struct CgroupsMade {
    private var nodes: [CgroupNode] = []

    mutating func make(_ node: CgroupNode) throws(LinuxError) {
        try node.make()
        add(node)
    }

    /// One that has been made ahead.
    mutating func add(_ node: CgroupNode) { nodes.append(node) }

    /// Best effort: the error that led here is the one to report.
    func unmake() {
        for node in nodes.reversed() { try? node.removeTree() }
    }
}
