import BerthLinux
import Glibc
import SystemPackage

/// What every container has something mounted on, as a lowest layer below all images: an image's own files lie above it.
///
/// Without it each start would make in its task's directory what the image lacks.
enum MountPoints {
    static let name = "mount-points"
    private static let folders = ["", "/dev", "/etc", "/proc", "/sys"]
    private static let files = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]

    /// Makes what is missing of it in a store's directory.
    ///
    /// - Returns: false where that fails, as on a full disk: then starts go without it.
    static func make(in root: SharedDescriptor) -> Bool {
        folders.allSatisfy { make($0, S_IFDIR | 0o755, in: root) }
            && files.allSatisfy { make($0, S_IFREG | 0o644, in: root) }
    }

    private static func make(_ path: String, _ mode: mode_t, in root: SharedDescriptor) -> Bool {
        let isFolder = mode & S_IFMT == S_IFDIR
        let made = isFolder ? mkdirat(root.number, name + path, mode) : mknodat(root.number, name + path, mode, 0)
        guard made == 0 || errno == EEXIST else { return false }
        // No umask may take from the mode that a container sees, and a killed process may have left half of it.
        var status = stat()
        guard fstatat(root.number, name + path, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
        if status.st_mode == mode { return true }
        return status.st_mode & S_IFMT == mode & S_IFMT && fchmodat(root.number, name + path, mode & 0o7777, 0) == 0
    }
}
