import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// A runtime's cgroup below a parent of the test's own, which is gone at the end, whatever happened.
func withRuntimeCgroup(_ body: (RuntimeCgroup) throws -> Void) throws {
    let parent = Workbench.uniqueRoot()
    let cgroup = try RuntimeCgroup(RuntimeCgroupPath("one", id: "one", parent: parent))
    defer {
        do {
            if cgroup.exists {
                try cgroup.kill()
                try Workbench.waitUntil { try cgroup.isEmpty }
            }
            try cgroup.remove()
            try RuntimeCgroup(RuntimeCgroupPath(parent)).remove()
        } catch {
            Issue.record(error, "a cgroup is left behind")
        }
    }
    try body(cgroup)
}

extension RuntimeCgroup {
    /// For ``Child``: a process joins as one that a runtime starts.
    var asNode: TaskCgroup.Node { .init(name: "one", lifecycle: directory, joins: joins) }

    /// A file of the controller, wherever this host has it.
    func show(_ legacy: String, _ unified: String?, of controller: String) throws -> String {
        let inUnified = unified.map { String($0.prefix { $0 != "." }) }
        let home = try #require(self.home(controller, unified: inUnified))
        let content: String
        switch home {
        case .legacy(let node): content = try node.read(legacy)
        case .unified(let node): content = try node.read(try #require(unified))
        }
        return String(content.reversed().drop { $0.isWhitespace }.reversed())
    }
}
