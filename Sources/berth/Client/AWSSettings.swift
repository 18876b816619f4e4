import BerthAPI
import Glibc

/// The keys and region that AWS's own tools would use: the environment first, then the shared credentials file.
struct AWSSettings {
    var environment: [String: String]

    func credentials() throws -> Credentials {
        if let id = value("AWS_ACCESS_KEY_ID"), let secret = value("AWS_SECRET_ACCESS_KEY") {
            return Credentials(
                accessKeyId: id, secretAccessKey: secret, region: region ?? Self.homeRegion,
                sessionToken: value("AWS_SESSION_TOKEN"))
        }
        let path = value("AWS_SHARED_CREDENTIALS_FILE") ?? (value("HOME") ?? "") + "/.aws/credentials"
        let profile = value("AWS_PROFILE") ?? "default"
        do {
            return try CredentialsFile(path: path).read(profile: profile, region: region, otherwise: Self.homeRegion)
        } catch {
            throw CommandFailure(
                """
                \(error)
                BERTH_ENDPOINT needs keys: set AWS_SHARED_CREDENTIALS_FILE to the daemon's DIR/credentials, or \
                AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
                """)
        }
    }

    /// The region that the environment names, in the order of AWS's SDKs.
    private var region: String? { value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") }

    /// Where neither environment nor profile names a region.
    private static let homeRegion = "us-east-1"

    private func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
}
