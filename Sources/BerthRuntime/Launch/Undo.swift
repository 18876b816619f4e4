import BerthCgroups
import BerthLinux
import BerthOCI
import Glibc

/// Takes back what a creation has made so far.
struct Undo {
    /// The container's directory.
    var container: String
    var bundle: Bundle
    var log: Log
    var cgroup: RuntimeCgroup?
    /// Whether a process may have mounted what nobody but us would take away: it has the host's mounts.
    var mountedOnHost = false
    var stage = Stage.making

    enum Stage {
        case making
        /// Hooks have run, or may have: those of the end run too.
        case hooks
    }

    func carryOut(_ state: RuntimeState) {
        if let cgroup {
            do throws(RuntimeCgroupError) {
                try Cleanup.end(cgroup)
            } catch {
                log.warning("\(error)")
            }
        }
        if mountedOnHost { SharedMounts.remove(below: bundle.rootDirectory) }
        if stage == .hooks { Hooks.runAll(.poststop, of: bundle, state, log: log) }
        for name in [StoredContainer.gate, "config.json", "state.json", "lock"] { unlink("\(container)/\(name)") }
        rmdir(container)
    }
}

/// The end of a cgroup.
enum Cleanup {
    /// Ends all that lives in it, waits for that and removes it.
    static func end(_ cgroup: RuntimeCgroup) throws(RuntimeCgroupError) {
        guard cgroup.exists else { return }
        if try !cgroup.isEmpty { try cgroup.kill(SIGKILL) }
        // A killed process leaves when the kernel gets to it: milliseconds, or seconds when it was writing.
        for _ in 0..<2000 {
            if try cgroup.isEmpty { break }
            usleep(5000)
        }
        try cgroup.remove()
    }
}
