import BerthLinux
import CCap
import Glibc
import SystemPackage

/// What the daemon gives up at its start, for itself and for all that it starts.
///
/// It does not set `no_new_privs`: that would keep the shim from regaining its capabilities at exec, and bind every task
/// to it whatever its definition says.
public enum DaemonConfinement {
    /// Confines the calling process for ever. To be called before it has a second thread: capabilities, filters and
    /// namespaces are a thread's own, and only later threads inherit them.
    ///
    /// - Throws: ``LinuxError``; without root's capabilities it names the first step that needs them.
    public static func apply() throws(LinuxError) {
        guard try OwnProcess.threadCount() == 1 else {
            throw LinuxError("confine", "a daemon that has threads already", errno: .permissionDenied)
        }
        umask(0o077)
        try OwnProcess.forbidInspection()
        try MountNamespace.separateIfShared()
        try loadFilter()
        try narrowBounds(to: .shim)
        try keep(.daemon)
    }

    private static func loadFilter() throws(LinuxError) {
        let program: SeccompProgram
        do {
            program = try SeccompCompiler().program(for: .house, capabilities: .all)
        } catch {
            throw LinuxError("compile", "the daemon's seccomp filter: \(error)", errno: .invalidArgument)
        }
        try OwnProcess.load(filter: program.instructions)
    }

    /// Programs started from here on can never regain what is dropped.
    private static func narrowBounds(to kept: CapabilitySet) throws(LinuxError) {
        try check("clear", "ambient capabilities") { cap_reset_ambient() }
        // Beyond the names too: a newer kernel's capabilities are none that Berth needs.
        for capability in 0..<cap_max_bits() where kept.bits >> UInt64(capability) & 1 == 0 {
            try check("drop", "capability \(capability) from the bounding set") {
                cap_drop_bound(cap_value_t(capability))
            }
        }
    }

    /// Gives up every other capability; one that the process does not hold stays away.
    private static func keep(_ kept: CapabilitySet) throws(LinuxError) {
        let subject = "the daemon's capabilities"
        guard let old = cap_get_proc(), let new = cap_init() else {
            throw LinuxError("read", subject, errno: .current)
        }
        defer {
            cap_free(UnsafeMutableRawPointer(old))
            cap_free(UnsafeMutableRawPointer(new))
        }
        for capability in kept.members {
            var value = cap_value_t(capability.rawValue)
            var held = CAP_CLEAR
            guard cap_get_flag(old, value, CAP_PERMITTED, &held) == 0, held == CAP_SET else { continue }
            try check("set", subject) { cap_set_flag(new, CAP_PERMITTED, 1, &value, CAP_SET) }
            try check("set", subject) { cap_set_flag(new, CAP_EFFECTIVE, 1, &value, CAP_SET) }
        }
        try check("limit", subject) { cap_set_proc(new) }
    }
}
