import BerthLinux
import Foundation
import NIOSSL

/// Whose certificates are believed when a registry shows one.
struct RegistryTrust: Sendable {
    /// For TLS with that host; nil is the system's authorities.
    var configuration: TLSConfiguration?
    /// Whether a directory of certificates names the host.
    var isConfigured: Bool

    /// Any certificate, for registries that are named insecure.
    static var unverified: RegistryTrust {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        return RegistryTrust(configuration: configuration, isConfigured: false)
    }

    /// Reads what the first of the directories has for a host; the system's authorities stay trusted beside it.
    ///
    /// - Throws: ``ImageError/Code/storage`` for a file that cannot be read or is no certificate or key.
    static func of(host: String, in directories: [String]) throws(ImageError) -> RegistryTrust {
        for directory in directories.map({ "\($0)/\(host)" }) {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory).sorted(), !names.isEmpty
            else { continue }
            return try read(directory, names)
        }
        return RegistryTrust(configuration: nil, isConfigured: false)
    }

    private static func read(_ directory: String, _ names: [String]) throws(ImageError) -> RegistryTrust {
        var configuration = TLSConfiguration.makeClientConfiguration()
        var authorities: [NIOSSLCertificate] = []
        for name in names where name.hasSuffix(".crt") {
            authorities += try pem("\(directory)/\(name)") { try NIOSSLCertificate.fromPEMFile($0) }
        }
        if !authorities.isEmpty { configuration.additionalTrustRoots = [.certificates(authorities)] }
        for name in names where name.hasSuffix(".cert") {
            let path = "\(directory)/\(name)"
            let key = String(path.dropLast(".cert".count)) + ".key"
            configuration.certificateChain = try pem(path) { try NIOSSLCertificate.fromPEMFile($0) }
                .map { .certificate($0) }
            configuration.privateKey = .privateKey(try pem(key) { try NIOSSLPrivateKey(file: $0, format: .pem) })
        }
        return RegistryTrust(configuration: configuration, isConfigured: true)
    }

    private static func pem<Value>(_ path: String, _ read: (String) throws -> Value) throws(ImageError) -> Value {
        do { return try read(path) } catch {
            throw ImageError(
                .storage,
                "cannot read \(path), which belongs to the trust in a registry, as PEM: \(error); mend or remove it")
        }
    }
}
