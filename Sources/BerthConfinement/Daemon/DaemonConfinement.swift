import BerthLinux
import Glibc

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
        guard try MountNamespace.hasWholeRoot() else {
            throw LinuxError(
                "serve",
                "under chroot(2): tasks could reach what lies above; enter the root by pivot_root(2), as containers do",
                errno: .notPermitted)
        }
        umask(0o077)
        try OwnProcess.forbidInspection()
        try MountNamespace.separateIfShared()
        try loadFilter()
        try OwnCapabilities.narrowBounds(to: .shim)
        try OwnCapabilities.keep(.daemon)
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
}
