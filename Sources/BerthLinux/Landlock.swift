import CLinux
import Glibc

/// What a process may still do to files once it has said so itself (landlock(7)); values of linux/landlock.h.
public enum Landlock {
    /// The kernel's revision of it; nil if the kernel has none or does not use it.
    public static var version: Int? {
        let version = berth_syscall(Int(SYS_landlock_create_ruleset), 0, 0, 1, 0, 0)
        return version > 0 ? Int(version) : nil
    }

    /// Lets the calling thread, for ever, change and read files below `directory` and nowhere else, run none, reach no
    /// TCP port and no abstract socket, and signal nobody outside. Descriptors that are open already stay as they are.
    ///
    /// It needs `no_new_privs` or CAP_SYS_ADMIN.
    ///
    /// - Returns: false, with nothing done, if the kernel cannot: the first revision cannot make links between directories.
    public static func restrictFiles(to directory: borrowing OwnedDescriptor) throws(LinuxError) -> Bool {
        guard let version, version >= 2 else { return false }
        let everything: UInt64 = accesses(version)
        // Read and write, but no execution (bit 0) and no ioctl of devices (bit 15).
        let rules = (
            files: everything, network: UInt64(version >= 4 ? 0b11 : 0), scopes: UInt64(version >= 6 ? 0b11 : 0)
        )
        let size = version >= 6 ? 24 : version >= 4 ? 16 : 8
        let made = withUnsafeBytes(of: rules) {
            berth_syscall(
                Int(SYS_landlock_create_ruleset), UInt(bitPattern: $0.baseAddress), UInt(size), 0, 0, 0)
        }
        let ruleset = OwnedDescriptor(owning: Int32(try check("make", "Landlock rules") { made }))
        var beneath: [UInt8] = []
        withUnsafeBytes(of: everything & ~(1 | 1 << 15)) { beneath += $0 }
        withUnsafeBytes(of: directory.number) { beneath += $0 }
        let pathBeneath: UInt = 1
        let added = beneath.withUnsafeBytes {
            berth_syscall(
                Int(SYS_landlock_add_rule), UInt(ruleset.number), pathBeneath, UInt(bitPattern: $0.baseAddress), 0, 0)
        }
        try check("add", "a Landlock rule") { added }
        try check("enter", "Landlock rules") {
            berth_syscall(Int(SYS_landlock_restrict_self), UInt(ruleset.number), 0, 0, 0, 0)
        }
        return true
    }

    /// All accesses to files that a revision knows: 13 in the first, one more in the second, third and fifth.
    private static func accesses(_ version: Int) -> UInt64 {
        let count = 13 + (version >= 2 ? 1 : 0) + (version >= 3 ? 1 : 0) + (version >= 5 ? 1 : 0)
        return 1 << UInt64(count) - 1
    }
}
