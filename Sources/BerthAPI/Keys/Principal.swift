import BerthTrace

/// Who calls: the subject of an access key, or the administrator on the daemon's own socket.
public struct Principal: Equatable, Sendable {
    /// For example `arn:aws:iam::000000000000:user/admin`.
    public var arn: String
    /// Twelve digits.
    public var account: String
    /// What STS calls `UserId`.
    public var userId: String
    /// The role that a task acts in; nil for everybody else.
    public var role: AssumedRole?

    public init(arn: String, account: String, userId: String) {
        self.arn = arn
        self.account = account
        self.userId = userId
    }

    /// The administrator of an account: the holder of the first key pair, and root on the unix socket.
    public static func admin(account: String) -> Principal {
        Principal(arn: "arn:aws:iam::\(account):user/admin", account: account, userId: "AIDABERTH0000000ADMIN")
    }
}

/// A principal, and the way the call came.
public struct Caller: Equatable, Sendable {
    /// On the unix socket the administrator.
    public var principal: Principal
    /// True on the unix socket, for root and the daemon's own user: only they may name paths of this host.
    public var isLocal: Bool
    /// The host and port that the call named.
    public var authority: String?
    /// Told how long the call's steps take; nil when nobody wants to know.
    public var trail: RequestTrail?

    public init(principal: Principal, isLocal: Bool, authority: String? = nil) {
        self.principal = principal
        self.isLocal = isLocal
        self.authority = authority
    }
}
