/// An access key. The secret is kept readable because verifying an HMAC needs it.
public struct AccessKey: Equatable, Sendable {
    /// 20 characters, `AKIA…` for a lasting key, `ASIA…` for a temporary one.
    public var id: String
    /// What signatures are made with (Signature Version 4); never sent.
    public var secret: String
    /// Whose key it is.
    public var principal: Principal
    /// Temporary keys only: the token that must come with every request.
    public var sessionToken: String?
    /// Temporary keys only: seconds since 1970 from which the key no longer counts.
    public var expires: Int?

    public init(id: String, secret: String, principal: Principal, sessionToken: String? = nil, expires: Int? = nil) {
        self.id = id
        self.secret = secret
        self.principal = principal
        self.sessionToken = sessionToken
        self.expires = expires
    }
}

/// Finds access keys. It is asked once a request, so it must answer from memory.
public protocol KeyStore: Sendable {
    /// The key, or nil when there is none with this id.
    func accessKey(_ id: String) -> AccessKey?

    /// The key of a request that may carry a session token: temporary keys are found by both.
    func accessKey(_ id: String, token: String?) -> AccessKey?

    /// Whether what was given to a principal still counts.
    func holds(_ principal: Principal) -> Bool
}

extension KeyStore {
    /// For stores of lasting keys alone: a token changes nothing.
    public func accessKey(_ id: String, token: String?) -> AccessKey? { accessKey(id) }
    /// For stores of lasting keys alone: what was given lasts.
    public func holds(_ principal: Principal) -> Bool { true }
}

/// A key store that never changes.
public struct FixedKeys: KeyStore {
    private let keys: [String: AccessKey]

    /// Of two keys with one id the later counts.
    public init(_ keys: [AccessKey]) {
        self.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
    }

    public func accessKey(_ id: String) -> AccessKey? { keys[id] }
}
