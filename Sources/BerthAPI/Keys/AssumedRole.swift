import Crypto

/// A role that a task acts in.
public struct AssumedRole: Equatable, Sendable {
    /// For example `arn:aws:iam::123456789012:role/etl`.
    public var arn: String
    /// The task's id.
    public var task: String

    public init(arn: String, task: String) {
        self.arn = arn
        self.task = task
    }

    /// The last part of the role's path.
    var name: String { arn.split(separator: "/").last.map(String.init) ?? arn }
}

extension Principal {
    /// A task in its role, as STS names a session of it.
    init(_ role: AssumedRole, account: String) {
        // STS tells a role by an id that stays when its name goes to another; here the name is all there is.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let digits = SHA256.hash(data: Array(role.arn.utf8)).prefix(17).map { alphabet[Int($0 & 31)] }
        self.init(
            arn: "arn:aws:sts::\(account):assumed-role/\(role.name)/\(role.task)", account: account,
            userId: "AROA\(String(decoding: digits, as: UTF8.self)):\(role.task)")
        self.role = role
    }
}
