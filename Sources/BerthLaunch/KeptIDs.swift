/// A user and a group that are the same inside a task and on the host (podman's `--userns=keep-id`), so that files of
/// the host which belong to them can be shared with tasks. All other ids stay those of the task's own range.
public struct KeptIDs: Equatable, Sendable {
    /// Neither root, whose power over the host this would be, nor the ids that stand for nobody.
    public static let possible: ClosedRange<UInt32> = 1...65_533

    /// The user.
    public var uid: UInt32
    /// The group.
    public var gid: UInt32

    /// Nil for an id that cannot be kept (``possible``).
    public init?(uid: UInt32, gid: UInt32) {
        guard Self.possible.contains(uid), Self.possible.contains(gid) else { return nil }
        self.uid = uid
        self.gid = gid
    }
}
