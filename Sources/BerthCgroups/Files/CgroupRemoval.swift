import BerthLinux
import Glibc
import SystemPackage

extension CgroupNode {
    /// Removes an empty cgroup and those below it; one that is gone is no error.
    ///
    /// A process that has just ended can hold its cgroup for a moment longer than its `populated 0` says, so EBUSY is
    /// tried again for up to ``patience``.
    ///
    /// - Throws: EBUSY when a process still lives in it.
    func removeTree() throws(LinuxError) {
        do throws(LinuxError) {
            return try remove()
        } catch where error.errno == .resourceBusy {}
        var waited: UInt32 = 0
        var pause: UInt32 = 100
        while true {
            do throws(LinuxError) {
                for child in try children() { try self[child].removeTree() }
                return try remove()
            } catch where error.errno == .noSuchFileOrDirectory {
                return
            } catch where error.errno == .resourceBusy && waited < Self.patience {
                usleep(pause)
                waited += pause
                pause = min(pause * 2, 10_000)
            }
        }
    }

    /// Removes the tree of a driver, given by its path.
    static func removeRoot(_ path: String) throws(LinuxError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = String(path[path.index(after: slash)...])
        do throws(LinuxError) {
            try CgroupDirectory(String(path[..<slash]))[name].removeTree()
        } catch where error.errno == .noSuchFileOrDirectory {}
    }

    /// Microseconds.
    private static var patience: UInt32 { 200_000 }

    private func remove() throws(LinuxError) {
        do throws(LinuxError) {
            try check("remove cgroup", path) { unlinkat(directory.number, name, AT_REMOVEDIR) }
        } catch where error.errno == .noSuchFileOrDirectory {}
    }
}

/// Cgroups made so far for a task, to be unmade if a later step fails.
struct CgroupsMade {
    private var nodes: [CgroupNode] = []

    mutating func make(_ node: CgroupNode) throws(LinuxError) {
        try node.make()
        nodes.append(node)
    }

    /// Best effort: the error that led here is the one to report.
    func unmake() {
        for node in nodes.reversed() { try? node.removeTree() }
    }
}
