import BerthUnpack

/// Who a container runs as, in the container's ids.
public struct ImageUser: Equatable, Sendable {
    /// Inside the container.
    public var uid: UInt32
    /// Inside the container.
    public var gid: UInt32
    /// Supplementary groups; `gid` is the first, so that a file's rule for the group also binds a process that changes
    /// its group (CVE-2022-36109).
    public var additionalGids: [UInt32]
    /// For `HOME`; `/` if the image does not know the user.
    public var home: String

    public init(uid: UInt32, gid: UInt32, additionalGids: [UInt32], home: String) {
        self.uid = uid
        self.gid = gid
        self.additionalGids = additionalGids
        self.home = home
    }
}

extension ImageStore {
    /// Who `specification` is in an image.
    ///
    /// A name must be in the image's `etc/passwd`; a number need not be, and is never looked up as a name. Without a
    /// group the user's own counts, and supplementary groups are those that list the user (as Docker does it).
    ///
    /// - Parameter specification: `""` (root), `user`, `uid`, `user:group`, `uid:gid` and their mixtures.
    /// - Throws: ``ImageError/Code/invalidUser``, ``ImageError/Code/unsafe`` when the image's files are no plain files.
    public func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        let specification = try UserSpecification(specification)
        let tree = try MergedTree(layers: image.layers)
        let accounts = PasswordEntry.parse(try tree.text("etc/passwd", limit: Self.maximumAccountBytes) ?? "")
        let groups = GroupEntry.parse(try tree.text("etc/group", limit: Self.maximumAccountBytes) ?? "")

        let account: PasswordEntry?
        let uid: UInt32
        switch specification.user {
        case .number(let number):
            account = accounts.first { $0.uid == number }
            uid = number
        case .name(let name):
            guard let found = accounts.first(where: { $0.name == name }) else {
                throw ImageError(
                    .invalidUser,
                    "the image \(image.name) has no user \(name) in its etc/passwd; name another, or give a number")
            }
            account = found
            uid = found.uid
        }
        let home = account.map { $0.home.hasPrefix("/") ? $0.home : "/" } ?? "/"
        guard let group = specification.group else {
            let gid = account?.gid ?? 0
            let others = groups.filter { group in account.map { group.members.contains($0.name) } ?? false }.map(\.gid)
            return ImageUser(uid: uid, gid: gid, additionalGids: Self.unique([gid] + others), home: home)
        }
        let gid: UInt32
        switch group {
        case .number(let number): gid = number
        case .name(let name):
            guard let found = groups.first(where: { $0.name == name }) else {
                throw ImageError(
                    .invalidUser,
                    "the image \(image.name) has no group \(name) in its etc/group; name another, or give a number")
            }
            gid = found.gid
        }
        return ImageUser(uid: uid, gid: gid, additionalGids: [gid], home: home)
    }

    /// Account files of real images have a few kilobytes (CVE-2024-9676 was one without end).
    private static let maximumAccountBytes = 1 << 20

    private static func unique(_ ids: [UInt32]) -> [UInt32] {
        var seen: Set<UInt32> = []
        return ids.filter { seen.insert($0).inserted }
    }
}
