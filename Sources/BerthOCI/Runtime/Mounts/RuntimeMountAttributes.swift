/// Attributes of a mount to set and to clear, as mount_setattr(2) takes them.
public struct RuntimeMountAttributes: Equatable, Sendable {
    /// MOUNT_ATTR_ bits of linux/mount.h.
    public enum Bit {
        public static let readOnly: UInt64 = 0x1
        public static let noSetID: UInt64 = 0x2
        public static let noDevices: UInt64 = 0x4
        public static let noExecute: UInt64 = 0x8
        /// Not bits but a number of their own: 0 is relatime.
        public static let accessTime: UInt64 = 0x70
        public static let noAccessTime: UInt64 = 0x10
        public static let strictAccessTime: UInt64 = 0x20
        public static let noDirectoryAccessTime: UInt64 = 0x80
        public static let noSymlinks: UInt64 = 0x20_0000
    }

    /// As ``Bit``s; no bit is in both.
    public var sets: UInt64 = 0
    public var clears: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { sets == 0 && clears == 0 }

    /// Applies an option; the later of two that contradict each other counts.
    mutating func apply(_ change: Change) {
        sets = sets & ~change.clears | change.sets
        clears = clears & ~change.sets | change.clears
    }

    /// What one option does.
    struct Change: Sendable {
        var sets: UInt64 = 0
        var clears: UInt64 = 0
    }

    /// The options of mount(8) that concern a mount and not its file system. With an `r` in front they concern all
    /// mounts below, too.
    static let options: [String: Change] = [
        "ro": Change(sets: Bit.readOnly), "rw": Change(clears: Bit.readOnly),
        "nosuid": Change(sets: Bit.noSetID), "suid": Change(clears: Bit.noSetID),
        "nodev": Change(sets: Bit.noDevices), "dev": Change(clears: Bit.noDevices),
        "noexec": Change(sets: Bit.noExecute), "exec": Change(clears: Bit.noExecute),
        "nodiratime": Change(sets: Bit.noDirectoryAccessTime), "diratime": Change(clears: Bit.noDirectoryAccessTime),
        "nosymfollow": Change(sets: Bit.noSymlinks), "symfollow": Change(clears: Bit.noSymlinks),
        "noatime": Change(sets: Bit.noAccessTime, clears: Bit.accessTime & ~Bit.noAccessTime),
        "strictatime": Change(sets: Bit.strictAccessTime, clears: Bit.accessTime & ~Bit.strictAccessTime),
        "relatime": Change(clears: Bit.accessTime), "atime": Change(clears: Bit.accessTime),
        "nostrictatime": Change(clears: Bit.accessTime), "norelatime": Change(),
    ]

    /// What the kernel takes: it wants the whole of the access time's field cleared when any of it is set.
    public var argument: (sets: UInt64, clears: UInt64) {
        sets & Bit.accessTime == 0 ? (sets, clears) : (sets, clears | Bit.accessTime)
    }
}
