import Crypto

/// The passwords that ECR's GetAuthorizationToken gives: they carry who may use them and until when, under an HMAC of
/// the daemon's own key, so that no table need remember them.
struct RegistryToken: Sendable {
    /// Twelve hours, as ECR's.
    static let lifetime = 12 * 3600

    private let key: SymmetricKey

    /// - Parameter key: 32 random bytes that only this daemon knows.
    init(key: SymmetricKey) { self.key = key }

    /// A password for `principal` until `expires`, in seconds since 1970.
    func issue(for principal: Principal, expires: Int) -> String {
        let claim = Array(
            ([Self.version, String(expires), principal.arn, principal.account, principal.userId]
                + (principal.role.map { [$0.arn, $0.task] } ?? [])).joined(separator: "\n").utf8)
        let mac = HMAC<SHA256>.authenticationCode(for: claim, using: key)
        return URLBase64.encode(claim) + "." + URLBase64.encode(Array(mac))
    }

    /// Who holds a password; nil for one that this daemon did not give, or that is over.
    ///
    /// - Parameter now: seconds since 1970.
    func holder(of password: some StringProtocol, now: Int) -> Principal? {
        let parts = password.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let claim = URLBase64.decode(parts[0]), let mac = URLBase64.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: claim, using: key)
        else { return nil }
        // From here on it is what issue() wrote.
        let members = String(decoding: claim, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard members.count == 5 || members.count == 7, members[0] == Self.version, let expires = Int(members[1]),
            now < expires
        else {
            return nil
        }
        var principal = Principal(arn: members[2], account: members[3], userId: members[4])
        if members.count == 7 { principal.role = AssumedRole(arn: members[5], task: members[6]) }
        return principal
    }

    /// Parts these claims from anything else that the key may ever sign.
    private static let version = "berth-registry-1"
}
