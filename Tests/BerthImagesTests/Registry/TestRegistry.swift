import Foundation
import Testing

@testable import BerthImages

/// Debian's docker-registry on a port of loopback, in a directory of its own.
final class TestRegistry {
    static let isPresent = ["/usr/bin/docker-registry", "/usr/bin/skopeo"].allSatisfy(FileManager.default.fileExists)
    static let needed: Comment = "SKIPPED: needs docker-registry and skopeo; rootfs-tools/prepare judges installs them"

    /// What opens it when it has a password: htpasswd's line for "s3cret", with a work factor that costs no time.
    static let htpasswd = "alice:$2b$04$RlF6PXQ/Nc1PSerDfb8Xp.p/S.t63n9DnWnT7buHqMVlAIGkOQ3B2\n"
    static let credentials = RegistryCredentials(username: "alice", password: "s3cret")

    enum Authentication {
        case none, password
        /// An issuer, and the file of the certificate that its tokens are signed with.
        case token(realm: String, certificate: String)
    }

    let directory: TemporaryDirectory
    let port: UInt16
    private let process = Process()

    /// - Parameters:
    ///   - storage: the directory of another registry, whose content this one serves too.
    ///   - certificate: the files of a certificate and its key; nil for plain HTTP.
    init(
        storage other: TestRegistry? = nil, authentication: Authentication = .none,
        certificate: (certificate: String, key: String)? = nil
    ) throws {
        directory = try other?.directory ?? TemporaryDirectory()
        let path = directory.path
        port = try Loopback.promise()
        var configuration = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(path)/registry}, delete: {enabled: true}}
            http:
              addr: 127.0.0.1:\(port)

            """
        if let certificate {
            configuration += "  tls: {certificate: \(certificate.certificate), key: \(certificate.key)}\n"
        }
        switch authentication {
        case .none: break
        case .password:
            try writeFile("\(path)/htpasswd", Array(Self.htpasswd.utf8))
            configuration += "auth: {htpasswd: {realm: test, path: \(path)/htpasswd}}\n"
        case .token(let realm, let certificate):
            configuration +=
                "auth: {token: {realm: \"\(realm)\", service: test, issuer: berth-test, rootcertbundle: \(certificate)}}\n"
        }
        let file = "\(path)/registry-\(port).yml"
        try writeFile(file, Array(configuration.utf8))
        process.executableURL = URL(filePath: "/usr/bin/docker-registry")
        process.arguments = ["serve", file]
        process.environment = ["PATH": "/usr/bin:/bin", "OTEL_TRACES_EXPORTER": "none"]
        process.standardOutput = FileHandle.nullDevice
        try writeFile(log, [UInt8]())
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        for _ in 0..<6000 where (try? Loopback.connect(port)) == nil { usleep(10_000) }
        _ = try Loopback.connect(port)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    /// What it has to say; for whoever looks into a failure.
    var log: String { "\(directory.path)/registry-\(port).log" }

    var host: String { "127.0.0.1:\(port)" }

    /// Pushes an image with skopeo; `name` is a repository and a tag.
    func push(_ image: TestImage, as name: String, arguments: [String] = []) throws {
        let layout = try TemporaryDirectory()
        try image.layout().write(to: layout.path)
        // The layout's only image, whatever its name in there.
        try Command.run(
            "/usr/bin/skopeo",
            ["--insecure-policy", "copy", "--dest-tls-verify=false", "--preserve-digests"] + arguments
                + ["oci:\(layout.path)", "docker://\(host)/\(name)"])
    }
}

/// Runs programs of tests.
enum Command {
    @discardableResult
    static func run(_ path: String, _ arguments: [String], environment: [String: String] = [:]) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(path) \(arguments.joined(separator: " ")): \(text)")
        return text
    }
}
