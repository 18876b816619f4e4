import BerthLinux
import Glibc

/// What `berth-unpack` gives up before it reads the first byte of a stranger's layer.
///
/// Four fences, each of which would hold alone: there is no path to a file of the host (its own root), none may be
/// opened if there were (Landlock), no other call is answered (seccomp), and root is little more than a user who may give
/// files away (capabilities).
public enum UnpackerConfinement {
    /// The most memory that it can have for itself, in bytes: a window of zstd is more than half of it. With the pages of
    /// its program and libraries it stays below 64 MiB.
    public static let maximumMemory: UInt = 56 << 20

    /// Confines the calling process for ever to one directory, which becomes its root. The process must have one thread.
    ///
    /// - Parameters:
    ///   - workspace: the directory; closed here, since a descriptor of the host's tree is a way back into it.
    ///   - maximumFileBytes: the largest file that it may write.
    ///   - filter: ``SeccompPolicy/unpacker``, compiled: the daemon does that once for all layers.
    public static func enter(
        _ workspace: consuming OwnedDescriptor, maximumFileBytes: Int64, filter: [UInt8]
    ) throws(LinuxError) {
        try OwnProcess.forbidInspection()
        try limit(maximumFileBytes)
        try PrivateRoot.enter(workspace)
        _ = consume workspace
        let root = try OwnedDescriptor.open("/", flags: O_RDONLY | O_DIRECTORY)
        try OwnProcess.renouncePrivileges()
        // A kernel without it leaves the other three fences.
        _ = try Landlock.restrictFiles(to: root)
        try OwnCapabilities.narrowBounds(to: .unpacker)
        try OwnCapabilities.keep(.unpacker)
        try OwnProcess.load(filter: filter)
    }

    private static func limit(_ maximumFileBytes: Int64) throws(LinuxError) {
        try OwnProcess.lower(RLIMIT_DATA, to: maximumMemory)
        try OwnProcess.lower(RLIMIT_FSIZE, to: UInt(max(0, maximumFileBytes)))
        try OwnProcess.lower(RLIMIT_NOFILE, to: 32)
        try OwnProcess.lower(RLIMIT_CORE, to: 0)
    }
}
