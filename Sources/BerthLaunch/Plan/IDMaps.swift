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
            IDMaps(uids: "0 \(base) \(Self.idCount)\n", gids: "0 \(base) \(Self.idCount)\n", root: base)
        }
    }
}
