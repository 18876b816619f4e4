import BerthCgroups
import BerthLinux
import CLinux
import Glibc

extension Verb {
    static let kill = Verb(
        name: "kill", operands: "CONTAINER [SIGNAL]", summary: "send a signal, SIGTERM by default, to a container",
        options: [.flag("all", "a", "to all processes of the container, not only its first")], count: 1...2
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        let operands = invocation.arguments.operands
        let signal = try SignalName.number(operands.count > 1 ? operands[1] : "SIGTERM")
        guard let record = try container.record() else { throw Failure("container not running: \(container.id)") }
        if invocation.arguments.has("all") {
            let cgroup = try record.neededCgroup()
            try step { () throws(RuntimeCgroupError) in try cgroup.kill(signal) }
            return 0
        }
        guard let process = ProcessIdentity.open(record.pid, startTime: record.startTime) else {
            throw Failure("container not running: \(container.id)")
        }
        try step { () throws(LinuxError) in
            _ = try check("send signal \(signal) to", "container \(container.id)") {
                berth_syscall(Int(SYS_pidfd_send_signal), UInt(process.number), UInt(signal), 0, 0, 0)
            }
        }
        // A frozen process would never see it, as with runc a paused container that is killed goes away.
        if signal == SIGKILL, let cgroup = try record.runtimeCgroup(), (try? cgroup.isFrozen) == true {
            try? cgroup.thaw()
        }
        return 0
    }
}
