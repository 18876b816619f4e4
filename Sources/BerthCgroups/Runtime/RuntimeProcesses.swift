import BerthLinux
import Glibc
import SystemPackage

/// Who lives in the cgroup, by v2: its tree holds every process that the v1 trees hold.
extension RuntimeCgroup {
    /// Every process in the cgroup and below, in no order.
    public func processes() throws(RuntimeCgroupError) -> [pid_t] {
        try failing { () throws(LinuxError) in try unified.processes() }
    }

    /// Whether no process is left in the cgroup and below; one that is gone has none.
    public var isEmpty: Bool {
        get throws(RuntimeCgroupError) {
            try failing { () throws(LinuxError) in try !unified.eventIfThere("populated") }
        }
    }

    /// Stops every process and waits until the kernel says it is so.
    ///
    /// - Throws: ETIMEDOUT after 5 s when a process hangs in the kernel; the others stay stopped.
    public func freeze() throws(RuntimeCgroupError) {
        try failing { () throws(LinuxError) in try unified.freeze() }
    }

    public func thaw() throws(RuntimeCgroupError) {
        try failing { () throws(LinuxError) in try unified.write(0, to: "cgroup.freeze") }
    }

    /// Whether the cgroup was told to freeze, here or above; processes may still be on their way to it.
    public var isFrozen: Bool {
        get throws(RuntimeCgroupError) {
            try failing { () throws(LinuxError) in
                do throws(LinuxError) {
                    if try unified.event("frozen") { return true }
                    return Keyed.number(try unified.read("cgroup.freeze")) == 1
                } catch  where error.isGone {
                    return false
                }
            }
        }
    }

    /// Sends a signal to every process in the cgroup and below; none there is no error.
    ///
    /// SIGKILL is one act of the kernel's, which no fork outruns. For any other the cgroup is frozen meanwhile, so that
    /// none is missed and none is taken for another.
    public func kill(_ signal: Int32 = SIGKILL) throws(RuntimeCgroupError) {
        if signal == SIGKILL {
            return try failing { () throws(LinuxError) in try unified.killAll() }
        }
        try whileFrozen { () throws(RuntimeCgroupError) in
            for process in try processes() where process > 0 { _ = Glibc.kill(process, signal) }
        }
    }

    /// Does something while no process of the cgroup runs, but for one that hangs in the kernel. One that was frozen
    /// before stays so; one that is empty, or gone, needs no freezing.
    func whileFrozen(_ body: () throws(RuntimeCgroupError) -> Void) throws(RuntimeCgroupError) {
        if try isEmpty { return try body() }
        if try isFrozen { return try body() }
        do throws(RuntimeCgroupError) {
            try freeze()
        } catch .failed(let error) where error.errno == .timedOut || error.isGone {}
        defer { try? thaw() }
        try body()
    }
}

extension CgroupNode {
    fileprivate func processes() throws(LinuxError) -> [pid_t] {
        do throws(LinuxError) {
            var found: [pid_t] = []
            do throws(LinuxError) {
                found = try SmallFile.read(path + "/cgroup.procs", limit: 64 << 20).split(separator: "\n").compactMap {
                    pid_t($0)
                }
            } catch  where error.errno == .notSupported {
                // A threaded cgroup has only threads; their processes are told of above it.
            }
            for child in try children() { found += try self[child].processes() }
            return found
        } catch  where error.isGone {
            return []
        }
    }

    fileprivate func eventIfThere(_ key: String) throws(LinuxError) -> Bool {
        do throws(LinuxError) {
            return try event(key)
        } catch  where error.isGone {
            return false
        }
    }
}
