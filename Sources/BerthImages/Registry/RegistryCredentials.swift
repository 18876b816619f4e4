/// What opens a registry: a user name and a password, or a token that its token service once gave out.
public struct RegistryCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The user's name; may be empty beside an identity token.
    public var username: String
    /// May be empty beside an identity token.
    public var password: String
    /// What `docker login` keeps instead of a password for some registries (OAuth 2's refresh token).
    public var identityToken: String?

    public init(username: String, password: String, identityToken: String? = nil) {
        self.username = username
        self.password = password
        self.identityToken = identityToken
    }

    /// The user's name alone: a secret must not reach a log.
    public var description: String { username.isEmpty ? "an identity token" : "user \(username)" }
    /// As ``description``, for the same reason.
    public var debugDescription: String { description }
}
