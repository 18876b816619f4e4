import Foundation

/// A file in the form of `~/.docker/config.json`: credentials by registry, as `docker login`, `podman login` and
/// `skopeo login` keep them.
public struct DockerConfiguration: Sendable {
    private struct File: Decodable {
        struct Entry: Decodable {
            var auth: String?
            var username: String?
            var password: String?
            var identitytoken: String?
        }
        var auths: [String: Entry]?
        var credHelpers: [String: String]?
        var credsStore: String?
    }

    private let path: String
    private var entries: [String: RegistryCredentials] = [:]
    private var helpers: [String: String] = [:]
    private var defaultHelper: String?

    /// Reads the file; one that is not there holds no credentials.
    ///
    /// - Throws: ``ImageError/Code/storage`` or ``ImageError/Code/malformed``, without quoting what the file holds.
    public init(path: String) throws(ImageError) {
        var bytes = Array("{}".utf8)
        if FileManager.default.fileExists(atPath: path) {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw ImageError(.storage, "cannot read the registry credentials in \(path); check its mode and owner")
            }
            bytes = Array(data)
        }
        try self.init(bytes, path: path)
    }

    init(_ bytes: [UInt8], path: String) throws(ImageError) {
        self.path = path
        let file: File
        do { file = try JSONDecoder().decode(File.self, from: Data(bytes)) } catch {
            throw ImageError(
                .malformed, "\(path) is no file of registry credentials as docker login writes it; mend or remove it")
        }
        for (key, entry) in file.auths ?? [:] {
            if let credentials = Self.credentials(entry) { entries[Self.normalized(key)] = credentials }
        }
        for (key, helper) in file.credHelpers ?? [:] { helpers[Self.normalized(key)] = helper }
        defaultHelper = file.credsStore.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// What opens a repository: the entry of the longest path that leads to it, or of its host.
    ///
    /// - Parameter domain: as references write it.
    public func credentials(domain: String, repository: String) -> RegistryCredentials? {
        first(of: entries, domain, repository)
    }

    /// A program that keeps the credentials of a host, and that is not run: what a registry answers without them is the
    /// answer. For the message when that is a refusal.
    func helperNote(domain: String, repository: String) -> String? {
        guard credentials(domain: domain, repository: repository) == nil,
            let helper = first(of: helpers, domain, repository) ?? defaultHelper
        else { return nil }
        return "\(path) leaves the credentials to the program docker-credential-\(helper), which Berth does not run; "
            + "give them under \"auths\""
    }

    private func first<Value>(of table: [String: Value], _ domain: String, _ repository: String) -> Value? {
        let hosts = domain == "docker.io" ? ["docker.io", "index.docker.io", "registry-1.docker.io"] : [domain]
        var path = repository
        while true {
            for host in hosts {
                if let found = table[path.isEmpty ? host : "\(host)/\(path)"] { return found }
            }
            if path.isEmpty { return nil }
            path = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        }
    }

    /// `https://index.docker.io/v1/` is how Docker writes `index.docker.io`.
    private static func normalized(_ key: String) -> String {
        var name = key[...]
        for scheme in ["https://", "http://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        while name.hasSuffix("/") { name.removeLast() }
        for version in ["/v1", "/v2"] where name.hasSuffix(version) { name = name.dropLast(version.count) }
        return String(name)
    }

    private static func credentials(_ entry: File.Entry) -> RegistryCredentials? {
        var username = entry.username ?? ""
        var password = entry.password ?? ""
        if let auth = entry.auth, let data = Data(base64Encoded: auth) {
            let text = String(decoding: data, as: UTF8.self)
            if let colon = text.firstIndex(of: ":") {
                username = String(text[..<colon])
                // Docker pads it with NUL.
                password = String(text[text.index(after: colon)...].filter { $0 != "\0" })
            }
        }
        let token = entry.identitytoken.flatMap { $0.isEmpty ? nil : $0 }
        guard token != nil || !username.isEmpty || !password.isEmpty else { return nil }
        return RegistryCredentials(username: username, password: password, identityToken: token)
    }
}
