/// A key pair with a region: what a client needs to sign, and what one profile of a credentials file holds.
public struct Credentials: Equatable, Sendable {
    public var accessKeyId: String
    /// What signatures are made with (Signature Version 4); never sent.
    public var secretAccessKey: String
    /// What the client signs for, for example `us-east-1`.
    public var region: String
    /// Only with temporary keys.
    public var sessionToken: String?

    public init(accessKeyId: String, secretAccessKey: String, region: String, sessionToken: String? = nil) {
        self.accessKeyId = accessKeyId
        self.secretAccessKey = secretAccessKey
        self.region = region
        self.sessionToken = sessionToken
    }

    /// A new lasting key pair from the kernel's random source, in the shape of AWS's: `AKIA` and 16 characters of
    /// base 32 (80 bits), and 40 characters of base 64 (240 bits).
    public static func generate(region: String) -> Credentials {
        Credentials(
            accessKeyId: "AKIA" + random(16, from: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)),
            secretAccessKey: random(
                40, from: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)),
            region: region)
    }

    /// The standard library promises a cryptographically secure source on Linux: getrandom(2).
    private static func random(_ count: Int, from alphabet: [UInt8]) -> String {
        var source = SystemRandomNumberGenerator()
        let bytes = (0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &source)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
