import CLinux
import Glibc

/// File systems of the kernel's that are mounted nowhere: each ends with its descriptor, unless somebody attaches it.
public enum DetachedMount {
    /// A procfs of one's own.
    ///
    /// What anybody looked for in network namespaces' settings one procfs keeps in memory under the same few names. Among a
    /// thousand namespaces each search for those of another takes a quarter of a millisecond there, and next to nothing in a new one.
    ///
    /// - Throws: EPERM for those who may not mount it.
    public static func procfs() throws(LinuxError) -> OwnedDescriptor { try make("proc", isInert: false) }

    /// A directory that is empty, and stays so.
    ///
    /// - Throws: EPERM for those who may not mount anything.
    public static func emptyDirectory() throws(LinuxError) -> OwnedDescriptor {
        try make("tmpfs", isInert: true, options: [("mode", "555"), ("nr_inodes", "2")])
    }

    /// The sysfs of the network namespace that the calling thread is in: read-only, without programs and devices.
    ///
    /// To find whether there is one already the kernel looks at those of all namespaces.
    ///
    /// - Throws: EPERM for those who have no power over the namespace.
    public static func sysfs() throws(LinuxError) -> OwnedDescriptor { try make("sysfs", isInert: true) }

    private static func make(
        _ type: String, isInert: Bool, options: [(key: String, value: String)] = []
    ) throws(LinuxError) -> OwnedDescriptor {
        let context = OwnedDescriptor(
            owning: Int32(
                try check("make", type) {
                    type.withCString { berth_syscall(Int(SYS_fsopen), UInt(bitPattern: $0), closed, 0, 0, 0) }
                }))
        let number = UInt(context.number)
        for option in options {
            try check("make", type) {
                option.key.withCString { key in
                    option.value.withCString { value in
                        let (key, value) = (UInt(bitPattern: key), UInt(bitPattern: value))
                        return berth_syscall(Int(SYS_fsconfig), number, setText, key, value, 0)
                    }
                }
            }
        }
        if isInert {
            try check("make", type) {
                "ro".withCString { berth_syscall(Int(SYS_fsconfig), number, setFlag, UInt(bitPattern: $0), 0, 0) }
            }
        }
        try check("make", type) { berth_syscall(Int(SYS_fsconfig), number, create, 0, 0, 0) }
        let attributes = isInert ? inert : 0
        return OwnedDescriptor(
            owning: Int32(
                try check("make", type) { berth_syscall(Int(SYS_fsmount), number, closed, attributes, 0, 0) }))
    }

    // linux/mount.h: FSOPEN_CLOEXEC and FSMOUNT_CLOEXEC; FSCONFIG_SET_FLAG, _SET_STRING, _CMD_CREATE; MOUNT_ATTR_RDONLY, _NOSUID,
    // _NODEV and _NOEXEC.
    private static let closed: UInt = 1
    private static let setFlag: UInt = 0
    private static let setText: UInt = 1
    private static let create: UInt = 6
    private static let inert: UInt = 0x1 | 0x2 | 0x4 | 0x8
}
