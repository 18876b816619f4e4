import BerthLinux
import Glibc

/// A credentials file in the format that AWS's tools share: `[profile]` lines, then `name = value` lines.
///
/// Point `AWS_SHARED_CREDENTIALS_FILE` at it and any client is set up.
public struct CredentialsFile: Sendable {
    public var path: String

    public init(path: String) { self.path = path }

    /// The daemon's file under its root directory.
    public init(root: String) { self.init(path: root + "/credentials") }

    /// The credentials of a profile.
    ///
    /// - Parameters:
    ///   - region: counts instead of the profile's, as AWS_REGION does for AWS's own tools.
    ///   - otherwise: the region where neither says one: AWS's tools keep theirs in another file.
    /// - Throws: ``CredentialsFileError`` when a line is no such line or the profile lacks a member, `LinuxError` when
    ///   the file cannot be read.
    public func read(
        profile: String = "default", region: String? = nil, otherwise: String? = nil
    ) throws -> Credentials {
        let members = try members(of: profile, in: SmallFile.read(path))
        func member(_ name: String) throws(CredentialsFileError) -> String {
            guard let value = members[name], !value.isEmpty else {
                throw CredentialsFileError(path: path, cause: "profile \(profile) has no \(name)")
            }
            return value
        }
        return Credentials(
            accessKeyId: try member("aws_access_key_id"),
            secretAccessKey: try member("aws_secret_access_key"),
            region: try region ?? members["region"] ?? otherwise ?? member("region"),
            sessionToken: members["aws_session_token"])
    }

    /// Writes profile `default`, and nothing else, with mode 0600; a reader sees the old file or the new one, whole.
    public func write(_ credentials: Credentials) throws(LinuxError) {
        var text = """
            [default]
            aws_access_key_id = \(credentials.accessKeyId)
            aws_secret_access_key = \(credentials.secretAccessKey)
            region = \(credentials.region)

            """
        if let token = credentials.sessionToken { text += "aws_session_token = \(token)\n" }
        try PrivateFile.replace(path, with: Array(text.utf8))
    }

    /// The daemon's first start: the file's credentials, or new ones written to it.
    ///
    /// - Throws: as ``read(profile:)`` and ``write(_:)``; also when others than the owner may read the file, because
    ///   its keys must then be taken as known.
    public func readOrCreate(region: String) throws -> (credentials: Credentials, created: Bool) {
        var status = stat()
        if stat(path, &status) == 0 {
            guard status.st_mode & 0o077 == 0 else {
                throw CredentialsFileError(
                    path: path,
                    cause: "others can read it; if nobody did, run chmod 600, else remove it for a new key pair")
            }
            return (try read(), false)
        }
        guard errno == ENOENT else { throw LinuxError("read", path, errno: .current) }
        let credentials = Credentials.generate(region: region)
        try write(credentials)
        return (credentials, true)
    }

    private func members(of profile: String, in text: String) throws(CredentialsFileError) -> [String: String] {
        var members: [String: String] = [:]
        var inProfile = false
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.trimmingSpaces()
            if line.isEmpty || line.first == "#" || line.first == ";" { continue }
            if line.first == "[", line.last == "]" {
                inProfile = line.dropFirst().dropLast().trimmingSpaces() == profile
            } else if let equals = line.firstIndex(of: "=") {
                guard inProfile else { continue }
                members[String(line[..<equals].trimmingSpaces())] =
                    String(line[line.index(after: equals)...].trimmingSpaces())
            } else {
                throw CredentialsFileError(
                    path: path, cause: "line \(number + 1) is neither [profile] nor name = value")
            }
        }
        return members
    }
}

/// A credentials file that cannot be used, and why.
public struct CredentialsFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    /// A clause that also says what to do, where that is not plain.
    public var cause: String

    public var description: String { "cannot use credentials file \(path): \(cause)" }
}

extension Substring {
    /// Without spaces, tabs and carriage returns at either end.
    func trimmingSpaces() -> Substring {
        func isSpace(_ c: Character) -> Bool { c == " " || c == "\t" || c == "\r" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return self[first...last]
    }
}
