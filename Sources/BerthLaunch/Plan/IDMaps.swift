/// How the ids of a user namespace stand for the host's (user_namespaces(7)): the contents of `uid_map` and `gid_map`.
package struct IDMaps: Equatable, Sendable {
    package var uids: String
    package var gids: String
    /// The host id of container root.
    package var root: UInt32

    package init(uids: String, gids: String, root: UInt32) {
        self.uids = uids
        self.gids = gids
        self.root = root
    }
}

extension LaunchRequest {
    /// How many ids a task has of its own.
    public static let idCount: UInt32 = 65536

    /// Nil without a user namespace.
    var idMaps: IDMaps? {
        hostIDBase.map { base in
            IDMaps(
                uids: Self.map(base, keeping: keptIDs?.uid), gids: Self.map(base, keeping: keptIDs?.gid), root: base)
        }
    }

    /// All ids in order from `base`, but for one that stays itself.
    private static func map(_ base: UInt32, keeping kept: UInt32?) -> String {
        guard let kept else { return "0 \(base) \(idCount)\n" }
        return "0 \(base) \(kept)\n\(kept) \(kept) 1\n\(kept + 1) \(base + kept + 1) \(idCount - kept - 1)\n"
    }
}
