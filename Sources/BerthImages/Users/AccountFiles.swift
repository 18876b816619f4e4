/// A line of `etc/passwd` (passwd(5)).
struct PasswordEntry: Equatable {
    var name: String
    var uid: UInt32
    var gid: UInt32
    var home: String

    /// The well-formed lines; others are no accounts.
    static func parse(_ text: String) -> [PasswordEntry] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 6, !fields[0].isEmpty, let uid = ID.parse(fields[2]), let gid = ID.parse(fields[3])
            else {
                return nil
            }
            return PasswordEntry(name: String(fields[0]), uid: uid, gid: gid, home: String(fields[5]))
        }
    }
}

/// A line of `etc/group` (group(5)).
struct GroupEntry: Equatable {
    var name: String
    var gid: UInt32
    var members: [String]

    /// The well-formed lines; others are no groups.
    static func parse(_ text: String) -> [GroupEntry] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count >= 3, !fields[0].isEmpty, let gid = ID.parse(fields[2]) else { return nil }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            return GroupEntry(name: String(fields[0]), gid: gid, members: members)
        }
    }
}
