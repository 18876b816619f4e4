import BerthImages
import BerthOCI
import Crypto

/// The passwords that ECR's GetAuthorizationToken gives, and the tickets of its links to layers: they carry who may use
/// them, for what and until when, under an HMAC of the daemon's own key, so that no table need remember them.
struct RegistryToken: Sendable {
    /// Twelve hours, as ECR's.
    static let lifetime = 12 * 3600

    private let key: SymmetricKey

    /// - Parameter key: 32 random bytes that only this daemon knows.
    init(key: SymmetricKey) { self.key = key }

    /// A password for `principal` until `expires`, in seconds since 1970.
    func issue(for principal: Principal, expires: Int) -> String {
        sign(
            [Self.version, String(expires), principal.arn, principal.account, principal.userId]
                + (principal.role.map { [$0.arn, $0.task] } ?? []))
    }

    /// One hour, as the links to S3 that ECR gives.
    static let ticketLifetime = 3600

    /// What lets whoever has it get one blob until `expires`, in seconds since 1970.
    func ticket(for digest: BerthOCI.Digest, in repository: RepositoryName, expires: Int) -> String {
        sign([Self.ticketVersion, String(expires), "\(repository)", "\(digest)"])
    }

    /// Whether a ticket of this daemon's is good for a blob.
    ///
    /// - Parameter now: seconds since 1970.
    func admits(
        _ ticket: some StringProtocol, to digest: BerthOCI.Digest, in repository: RepositoryName, now: Int
    ) -> Bool {
        guard let members = members(of: ticket), members.count == 4, members[0] == Self.ticketVersion,
            let expires = Int(members[1])
        else { return false }
        return now < expires && members[2] == "\(repository)" && members[3] == "\(digest)"
    }

    private func sign(_ members: [String]) -> String {
        let claim = Array(members.joined(separator: "\n").utf8)
        let mac = HMAC<SHA256>.authenticationCode(for: claim, using: key)
        return URLBase64.encode(claim) + "." + URLBase64.encode(Array(mac))
    }

    /// Who holds a password; nil for one that this daemon did not give, or that is over.
    ///
    /// - Parameter now: seconds since 1970.
    func holder(of password: some StringProtocol, now: Int) -> Principal? {
        guard let members = members(of: password), members.count == 5 || members.count == 7, members[0] == Self.version,
            let expires = Int(members[1]), now < expires
        else { return nil }
        var principal = Principal(arn: members[2], account: members[3], userId: members[4])
        if members.count == 7 { principal.role = AssumedRole(arn: members[5], task: members[6]) }
        return principal
    }

    /// What ``sign(_:)`` was given; nil for what this daemon did not sign.
    private func members(of text: some StringProtocol) -> [String]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let claim = URLBase64.decode(parts[0]), let mac = URLBase64.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: claim, using: key)
        else { return nil }
        return String(decoding: claim, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Parts these claims from anything else that the key may ever sign.
    private static let version = "berth-registry-1"
    private static let ticketVersion = "berth-download-1"
}
