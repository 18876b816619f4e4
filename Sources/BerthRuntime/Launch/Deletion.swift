import BerthCgroups
import BerthLinux
import BerthOCI
import Glibc

/// Takes a container away whose program has ended, or that was never created whole.
struct Deletion {
    var log: Log

    /// The caller holds the container's lock.
    ///
    /// - Parameter bundle: as it was when the container was created; nil to read it.
    func carryOut(
        _ container: borrowing StoredContainer, _ record: ContainerRecord?, bundle: Bundle? = nil
    ) throws(Failure) {
        if let cgroup = try record?.runtimeCgroup() {
            try step { () throws(RuntimeCgroupError) in try Cleanup.end(cgroup) }
        }
        if let record, record.sharesMounts {
            SharedMounts.remove(below: record.root)
        }
        if let record, record.pid > 0, let bundle = bundle ?? (try? container.bundle()) {
            Hooks.runAll(.poststop, of: bundle, record.runtimeState(.stopped), log: log)
        }
        try container.remove()
    }

    /// Ends a container's first process, and waits for that.
    static func kill(_ record: ContainerRecord) throws(Failure) {
        guard let process = ProcessIdentity.open(record.pid, startTime: record.startTime) else { return }
        if let cgroup = try record.runtimeCgroup(), (try? cgroup.isFrozen) == true { try? cgroup.thaw() }
        try? PIDFD.signal(process.number, SIGKILL)
        var ended = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        if poll(&ended, 1, 10_000) == 0 {
            throw Failure("container \(record.id) did not end within 10 s of SIGKILL; its process hangs in the kernel")
        }
    }
}

/// What a container without a mount namespace had mounted: it is the host's, and would stay for ever.
enum SharedMounts {
    static func remove(below root: String) {
        guard let table = try? SmallFile.read("/proc/self/mountinfo", limit: 64 << 20),
            let real = realpath(root, nil)
        else { return }
        defer { free(real) }
        let below = String(cString: real) + "/"
        for point in points(in: table).reversed() where point.hasPrefix(below) { umount2(point, Int32(MNT_DETACH)) }
    }

    /// The fifth field is the mount point (proc_pid_mountinfo(5)); later ones lie on or below earlier ones.
    private static func points(in table: String) -> [String] {
        table.split(separator: "\n").compactMap {
            $0.split(separator: " ").dropFirst(4).first.map(MountTable.unescaped)
        }
    }
}
