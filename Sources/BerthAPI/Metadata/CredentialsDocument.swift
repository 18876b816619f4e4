import Foundation

/// The keys of a task's role as SDKs read them.
struct CredentialsDocument: Encodable {
    var roleArn: String
    var accessKeyId: String
    var secretAccessKey: String
    var token: String
    /// Whole seconds.
    var expiration: String

    init(_ issued: RoleKeys.Issued, role: String) {
        roleArn = role
        accessKeyId = issued.accessKeyId
        secretAccessKey = issued.secret
        token = issued.token
        expiration = Date(timeIntervalSince1970: TimeInterval(issued.expires)).formatted(.iso8601)
    }
}
