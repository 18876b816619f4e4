import BerthLinux
import Glibc
import Synchronization
import SystemPackage

/// A policy that the kernel has loaded and checked, ready to be put on any number of v2 cgroups.
///
/// It works on the v2 mount of a hybrid host as well: no controller is needed. A cgroup's filter goes with the cgroup,
/// and holds for all below; nothing there can widen it.
final class DeviceFilter: Sendable {
    private let program: OwnedDescriptor
    /// By it an update tells our own filter from that of a manager above us.
    private static let name = "berth_devices"

    /// - Throws: E2BIG for a policy of too many devices, EPERM without CAP_BPF.
    init(_ policy: DevicePolicy) throws(LinuxError) {
        program = try BPF.loadDeviceProgram(DeviceProgram(policy).instructions, name: Self.name)
    }

    /// Adds the filter to those of the cgroup: an access must please all of them.
    func attach(to cgroup: CgroupNode) throws(LinuxError) {
        let directory = try cgroup.open(".", O_RDONLY | O_DIRECTORY)
        do throws(LinuxError) {
            try BPF.attach(program, toCgroup: directory)
        } catch {
            throw LinuxError(error.operation, cgroup.path, errno: error.errno)
        }
    }

    /// Puts the filter in the place of those that Berth set there before; no moment is without one.
    func replace(on cgroup: CgroupNode) throws(LinuxError) {
        let directory = try cgroup.open(".", O_RDONLY | O_DIRECTORY)
        let before = try BPF.devicePrograms(onCgroup: directory)
        try attach(to: cgroup)
        for number in before {
            do throws(LinuxError) {
                let old = try BPF.open(number)
                if try BPF.name(of: old) == Self.name { try BPF.detach(old, fromCgroup: directory) }
            } catch  where error.errno == .noSuchFileOrDirectory {
                // Another update has taken it away since.
            }
        }
    }
}

/// The filters of a driver, each loaded once.
final class DeviceFilters: Sendable {
    private let loaded = Mutex<[DevicePolicy: DeviceFilter]>([:])
    /// Policies come from definitions, of which a client may make any number. A filter lives as long as a cgroup has it.
    private static let most = 64

    /// Loads what every task needs, so that a host that cannot says so at once.
    ///
    /// - Parameter tasks: the parent of all. The kernel patches its own code when the first filter of the host comes,
    ///   and when the last goes; one that is kept here and denies nothing spares a task after a pause 55 µs.
    init(above tasks: CgroupNode) throws(LinuxError) {
        try DeviceFilter(.unconfined).replace(on: tasks)
        _ = try filter(.standard)
    }

    func filter(_ policy: DevicePolicy) throws(LinuxError) -> DeviceFilter {
        if let filter = loaded.withLock({ $0[policy] }) { return filter }
        let filter = try DeviceFilter(policy)
        loaded.withLock { loaded in
            if loaded.count >= Self.most { loaded = loaded.filter { $0.key == .standard } }
            loaded[policy] = filter
        }
        return filter
    }
}
