import BerthImages
import BerthModel
import Foundation

/// The secrets that `repositoryCredentials` of task definitions name, as files of the operator's.
///
/// The secret `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX` is the file `NAME-SUFFIX`, or else `NAME`, of
/// the directory; a `/` of the name is a directory below it. The file holds what such a secret holds in the cloud
/// (Amazon ECS developer guide, private registry authentication): `{"username": "…", "password": "…"}`.
struct RegistrySecrets: Sendable {
    private struct Secret: Decodable {
        var username: String
        var password: String
    }

    var directory: String?

    /// - Parameter parameter: the ARN, or the name alone.
    func credentials(_ parameter: String) throws(StartFailure) -> RegistryCredentials {
        guard let directory else {
            throw failure(parameter, "registries.secrets of the configuration names no directory of secrets")
        }
        let name = parameter.range(of: ":secret:").map { String(parameter[$0.upperBound...]) } ?? parameter
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !name.contains("\0") else {
            throw failure(parameter, "\"\(name)\" is no name of a secret")
        }
        for candidate in [name, Self.withoutSuffix(name)] {
            let path = "\(directory)/\(candidate)"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            guard let data = FileManager.default.contents(atPath: path),
                let secret = try? JSONDecoder().decode(Secret.self, from: data)
            else { throw failure(parameter, "\(path) does not hold a JSON object with username and password") }
            return RegistryCredentials(username: secret.username, password: secret.password)
        }
        throw failure(parameter, "there is no file \(Self.withoutSuffix(name)) in \(directory)")
    }

    /// An ARN ends with a hyphen and six letters or digits that the name does not have (Secrets Manager user guide).
    private static func withoutSuffix(_ name: String) -> String {
        let suffix = name.suffix(7)
        guard name.count > 7, suffix.first == "-",
            suffix.dropFirst().allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return name }
        return String(name.dropLast(7))
    }

    private func failure(_ parameter: String, _ cause: String) -> StartFailure {
        .resource("unable to pull secrets or registry auth: unable to retrieve secret \(parameter): \(cause)")
    }
}
