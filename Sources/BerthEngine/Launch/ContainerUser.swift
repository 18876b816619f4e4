/// The ids a container's program runs with, from what `USER` or the definition's `user` says and the image's own
/// `/etc/passwd` and `/etc/group`.
struct ContainerUser: Equatable {
    var uid: UInt32
    var gid: UInt32
    var additionalGids: [UInt32]
    /// What HOME is set to.
    var home: String

    struct Unknown: Error, Equatable, CustomStringConvertible {
        var description: String
    }

    /// - Parameters:
    ///   - text: `user`, `uid`, and either with `:group` or `:gid`; nil is root.
    ///   - passwd: the image's `/etc/passwd`; empty when it has none.
    ///   - group: the image's `/etc/group`.
    init(_ text: String?, passwd: String, group: String) throws(Unknown) {
        let parts = (text ?? "0").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let user = parts.first.map { $0.isEmpty ? "0" : $0 } ?? "0"
        let entry = Self.lines(passwd, fields: 7).first { $0[0] == user || ($0[2] == user && UInt32(user) != nil) }
        guard let uid = entry.flatMap({ Self.id($0[2]) }) ?? Self.id(user) else {
            throw Unknown(description: "the image has no user '\(user)' in /etc/passwd")
        }
        self.uid = uid
        home = entry.map { String($0[5]) }.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        let groups = Self.lines(group, fields: 4)
        if parts.count == 2, !parts[1].isEmpty {
            let named = groups.first { $0[0] == parts[1] }.flatMap { Self.id($0[2]) }
            guard let gid = named ?? Self.id(parts[1]) else {
                throw Unknown(description: "the image has no group '\(parts[1])' in /etc/group")
            }
            self.gid = gid
            additionalGids = []
        } else {
            gid = entry.flatMap { Self.id($0[3]) } ?? 0
            let name = entry?[0]
            additionalGids = groups.filter { $0[3].split(separator: ",").contains { $0 == name } }.compactMap { Self.id($0[2]) }
        }
    }

    /// Ids that the user namespace of a task maps; 65,534 and above are nobody's business.
    private static func id(_ text: Substring) -> UInt32? {
        guard let id = UInt32(text), id < 65536 else { return nil }
        return id
    }

    private static func lines(_ file: String, fields: Int) -> [[Substring]] {
        file.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count >= fields ? parts : nil
        }
    }
}
