import BerthLinux
import Glibc
import SystemPackage

/// What both drivers take from v2: the list of tasks, kill, freeze and `populated`.
protocol LifecycleDriver: CgroupDriver {
    /// `<root>/tasks` in v2.
    func lifecycleTasks() throws(LinuxError) -> CgroupDirectory
}

extension LifecycleDriver {
    func tasks() throws(LinuxError) -> [String] { try lifecycleTasks().itself.children() }

    func kill(_ id: String) throws(LinuxError) { try task(id).killAll() }

    func isPopulated(_ id: String) throws(LinuxError) -> Bool {
        do throws(LinuxError) {
            return try task(id).event("populated")
        } catch  where error.isGone {
            return false
        }
    }

    func freeze(_ id: String) throws(LinuxError) { try task(id).freeze() }

    /// In v2 a cgroup keeps its name.
    func prepareNext() {}

    /// A shim has removed all there is in v2.
    func reclaim(_ id: String) {}

    func thaw(_ id: String) throws(LinuxError) { try task(id).write(0, to: "cgroup.freeze") }

    private func task(_ id: String) throws(LinuxError) -> CgroupNode {
        try CgroupName.check(id)
        return try lifecycleTasks()[id]
    }
}

extension LinuxError {
    /// ENOENT when a cgroup was not there to open, ENODEV when it went while one of its files was open.
    var isGone: Bool { errno == .noSuchFileOrDirectory || errno == Errno(rawValue: ENODEV) }
}

extension CgroupNode {
    /// Ends every process in a v2 cgroup and below; one that is gone is no error.
    ///
    /// `cgroup.kill` (5.14) cannot be outrun by fork. Before it, a frozen cgroup cannot fork either: v2 lets the
    /// frozen die.
    ///
    /// The release is asked, and not the file: a cgroup that is gone lacks that too, and one made anew under its name would
    /// be frozen.
    func killAll() throws(LinuxError) {
        do throws(LinuxError) {
            if Self.kernelHasKill {
                try write(1, to: "cgroup.kill")
            } else {
                try killFrozen()
            }
        } catch  where error.isGone {}
    }

    private static let kernelHasKill = KernelRelease.current >= KernelRelease(major: 5, minor: 14)

    func killFrozen() throws(LinuxError) {
        try freeze()
        try killMembers()
        try write(0, to: "cgroup.freeze")
    }

    private func killMembers() throws(LinuxError) {
        for line in try read("cgroup.procs").split(separator: "\n") {
            // 0 stands for a process of a pid namespace that is not ours; it cannot be named from here.
            if let pid = pid_t(line), pid > 0 { _ = Glibc.kill(pid, SIGKILL) }
        }
        for child in try children() { try self[child].killMembers() }
    }

    /// Stops every process in a v2 cgroup and below, and waits until the kernel says it is so.
    ///
    /// - Throws: ETIMEDOUT when a process could not be stopped within 5 s (it hangs in the kernel); the freeze stays.
    func freeze() throws(LinuxError) {
        let events = try open("cgroup.events", O_RDONLY)
        try write(1, to: "cgroup.freeze")
        // A change between look and poll is not lost: kernfs remembers what this descriptor has read.
        for _ in 0..<50 {
            if try event("frozen", reading: events) { return }
            var waiting = pollfd(fd: events.number, events: Int16(POLLPRI), revents: 0)
            _ = poll(&waiting, 1, 100)
        }
        throw LinuxError("freeze", path, errno: .timedOut)
    }

    /// A flag of `cgroup.events`.
    func event(_ key: String) throws(LinuxError) -> Bool {
        Keyed.value(key, in: try read("cgroup.events")) == 1
    }

    private func event(_ key: String, reading events: borrowing OwnedDescriptor) throws(LinuxError) -> Bool {
        var bytes = [UInt8](repeating: 0, count: 256)
        let file = events.number
        let count = try check("read", path + "/cgroup.events") { pread(file, &bytes, bytes.count, 0) }
        return Keyed.value(key, in: String(decoding: bytes[..<count], as: UTF8.self)) == 1
    }
}
