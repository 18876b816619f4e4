import BerthEngine
import BerthLinux
import Crypto
import Foundation

/// The keys of tasks' roles beside lasting ones.
///
/// Nothing is remembered: the session token carries whose it is and until when, under an HMAC of the daemon's own key, and
/// key id and secret follow from it. They hold while the task does.
public struct RoleKeys: KeyStore {
    /// Keys given within an hour are the same, and hold for 5 to 6 more: SDKs ask again a quarter of an hour before the end.
    private static let step = 3600
    private static let steps = 6
    /// Parts these claims from anything else that the key may ever sign.
    private static let version = "berth-role-1"

    private let lasting: any KeyStore
    private let key: SymmetricKey
    private let account: String
    private let isLive: @Sendable (_ task: String) -> Bool

    /// - Parameters:
    ///   - lasting: asked for all other keys.
    ///   - keyFile: holds the key that signs; made, with mode 0600, when it is not there.
    ///   - account: twelve digits.
    ///   - isLive: whether a task, by its id, is not over.
    /// - Throws: ``LinuxError`` when the file cannot be read or made.
    public init(
        lasting: any KeyStore, keyFile: String, account: String, isLive: @escaping @Sendable (_ task: String) -> Bool
    ) throws(LinuxError) {
        self.init(lasting: lasting, key: try KeyFile.read(keyFile), account: account, isLive: isLive)
    }

    init(
        lasting: any KeyStore, key: SymmetricKey, account: String, isLive: @escaping @Sendable (_ task: String) -> Bool
    ) {
        self.lasting = lasting
        self.key = key
        self.account = account
        self.isLive = isLive
    }

    // MARK: Giving

    /// Keys for a task in its role.
    struct Issued: Equatable, Sendable {
        var accessKeyId: String
        var secret: String
        var token: String
        /// Seconds since 1970.
        var expires: Int
    }

    /// - Parameter now: seconds since 1970.
    func issue(role: AssumedRole, now: Int) -> Issued {
        let expires = (now / Self.step + Self.steps) * Self.step
        let claim = [Self.version, String(expires), role.arn, role.task].joined(separator: "\n")
        let token = URLBase64.encode(Array(claim.utf8)) + "." + URLBase64.encode(mac("token", claim))
        return Issued(accessKeyId: id(claim), secret: secret(claim), token: token, expires: expires)
    }

    // MARK: Finding

    /// A lasting key: those of roles are found only with their token.
    public func accessKey(_ id: String) -> AccessKey? { lasting.accessKey(id) }

    /// A role's key, as far as the token is one that was given here; its time is over when its task's is.
    public func accessKey(_ id: String, token: String?) -> AccessKey? {
        guard let token, id.hasPrefix(Self.prefix) else { return lasting.accessKey(id, token: token) }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let claim = URLBase64.decode(parts[0]), let mac = URLBase64.decode(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: Array("token\n".utf8) + claim, using: key)
        else { return nil }
        // From here on it is what issue() wrote.
        let text = String(decoding: claim, as: UTF8.self)
        let members = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard members.count == 4, members[0] == Self.version, let expires = Int(members[1]), id == self.id(text) else {
            return nil
        }
        let role = AssumedRole(arn: members[2], task: members[3])
        return AccessKey(
            id: id, secret: secret(text), principal: Principal(role, account: account), sessionToken: token,
            expires: isLive(role.task) ? expires : 0)
    }

    /// Whether the task of a principal in a role is not over.
    public func holds(_ principal: Principal) -> Bool { principal.role.map { isLive($0.task) } ?? true }

    // MARK: What follows from a claim

    private static let prefix = "ASIA"

    private func id(_ claim: String) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let digits = mac("id", claim).prefix(16).map { alphabet[Int($0 & 31)] }
        return Self.prefix + String(decoding: digits, as: UTF8.self)
    }

    private func secret(_ claim: String) -> String {
        String(Data(mac("secret", claim)).base64EncodedString().prefix(40))
    }

    private func mac(_ purpose: String, _ claim: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("\(purpose)\n\(claim)".utf8), using: key))
    }
}
