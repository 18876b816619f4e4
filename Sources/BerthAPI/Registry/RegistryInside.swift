import BerthEngine
import BerthImages
import BerthLinux
import BerthModel
import BerthStore
import Foundation
import Glibc
import Logging

/// The registry inside as the daemon hands it to the server: one set of repositories behind two protocols, the OCI
/// distribution API and ECR's.
public struct RegistryInside: Sendable {
    let repositories: Repositories
    let own: OwnRegistry
    private let token: RegistryToken
    private let workers: WorkerThreads

    /// - Parameters:
    ///   - own: which names mean this registry; the server adds the address it really listens on.
    ///   - keyFile: holds the key that signs its passwords; made, with mode 0600, when it is not there. Whoever removes
    ///     it takes back every password that was given.
    /// - Throws: ``LinuxError`` when the file cannot be read or made, or a thread cannot be started.
    public init(repositories: Repositories, own: OwnRegistry, keyFile: String) throws(LinuxError) {
        self.repositories = repositories
        self.own = own
        token = RegistryToken(key: try KeyFile.read(keyFile))
        // A push waits for the disk, and several clients push several layers each.
        workers = try WorkerThreads(name: "berth-registry", count: 8)
    }

    /// Notes where the daemon listens, so that images named after it are known as its own.
    func listens(_ address: ListenAddress) {
        var name = [CChar](repeating: 0, count: 256)
        let isNamed = gethostname(&name, name.count - 1) == 0
        let hostname = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        own.listens(
            host: address.host, port: address.port,
            hostnames: isNamed && !hostname.isEmpty && !address.isOfThisMachineAlone ? [hostname] : [])
    }

    func service(keys: any KeyStore, permissions: RolePermissions, logger: Logger) -> RegistryService {
        RegistryService(
            repositories: repositories,
            gate: RegistryGate(keys: keys, token: token, permissions: permissions) {
                Int(Date().timeIntervalSince1970)
            },
            workers: workers, logger: logger)
    }

    func ecr(account: Account) -> ECRService {
        ECRService(repositories: repositories, own: own, account: account, token: token, workers: workers)
    }
}

extension ListenAddress {
    fileprivate var isOfThisMachineAlone: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
