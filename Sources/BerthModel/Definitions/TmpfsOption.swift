/// One of `linuxParameters.tmpfs[].mountOptions`: a word such as `noexec`, or `name=value`.
struct TmpfsOption: Equatable, Sendable {
    var name: String
    var value: String?

    init(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts.first ?? "")
        value = parts.count > 1 ? String(parts[1]) : nil
    }

    /// What a definition may write (Amazon ECS API reference, `Tmpfs`).
    static let names: Set<String> = flags.union(valued).union(meaningless).union(impossible)

    /// What a tmpfs is mounted with; of two that contradict each other the later counts.
    private static let flags: Set<String> = [
        "ro", "rw", "suid", "nosuid", "nodev", "exec", "noexec", "sync", "async", "dirsync", "atime", "noatime",
        "diratime", "nodiratime", "relatime", "norelatime", "strictatime", "nostrictatime",
    ]

    private static let valued: Set<String> = ["mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]

    /// What is so anyway, in a mount namespace of the container's own.
    private static let meaningless: Set<String> = ["defaults", "nomand", "private", "rprivate"]

    /// Not of a new file system in memory (`bind`, `remount`), gone from Linux (`mand`), of no use where nothing is
    /// mounted later (propagation), or a way to the host's devices (`dev`).
    private static let impossible: Set<String> = [
        "dev", "remount", "mand", "bind", "rbind", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable",
    ]

    /// What is wrong with the value, as an end to "mount option 'x' "; nil when nothing is.
    var fault: String? {
        guard Self.valued.contains(name) else { return value == nil ? nil : "takes no value." }
        guard let value, !value.isEmpty else { return "needs a value, such as \(name)=\(Self.examples[name] ?? "1")." }
        switch name {
        case "mode": return Self.isMode(value) ? nil : "must be an octal mode, such as mode=1777."
        case "uid", "gid": return value.asDigits == nil ? "must be a number." : nil
        case "nr_inodes", "nr_blocks": return Self.isCount(value) ? nil : "must be a number, with k, m or g if need be."
        default: return nil
        }
    }

    /// Whether it makes a difference to a mount.
    var isMeaningful: Bool { !Self.meaningless.contains(name) }

    /// Whether Berth can mount with it. `size` has a member of its own, which `nr_blocks` would overrule; memory policies
    /// are the host's; an id beyond the task's is nobody.
    var isSupported: Bool {
        switch name {
        case "nr_blocks", "mpol": false
        case "uid", "gid": (value?.asDigits).map { $0 < TaskIDs.count } ?? false
        default: !Self.impossible.contains(name)
        }
    }

    private static let examples = ["mode": "1777", "nr_inodes": "10k", "nr_blocks": "1k", "mpol": "local"]

    private static func isMode(_ text: String) -> Bool {
        text.utf8.count <= 4 && text.utf8.allSatisfy { (0x30...0x37).contains($0) }
    }

    private static func isCount(_ text: String) -> Bool {
        let hasUnit = ["k", "m", "g"].contains(text.suffix(1).lowercased())
        let digits = String(hasUnit ? text.dropLast() : text[...])
        return digits.utf8.count <= 9 && digits.asDigits != nil
    }
}

/// The user and group ids that a task has.
enum TaskIDs {
    /// 0 to 65,535: a range of the host's ids for each task.
    static let count = 65536
}
