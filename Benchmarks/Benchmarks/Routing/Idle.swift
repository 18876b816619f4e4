import BerthAPI
import BerthCgroups
import BerthEngine
import BerthImages
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import BerthStore
import Foundation
import Logging
import Samples

/// A server with all services behind it and nothing to do, in a directory that goes with it.
final class Idle: Sendable {
    let server: APIServer
    private let directory: String

    static func start() async throws -> Idle { try await Idle() }

    private init() async throws {
        directory = "/dev/shm/berth-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        let engine = try Engine(
            configuration: EngineConfiguration(
                root: directory, account: Samples.account, capacity: TaskSize(cpuUnits: 1024, memoryMiB: 1024),
                prices: .fargateUSEast1),
            store: try Store(path: directory + "/berth.db"), images: NoImages(), launcher: NoLauncher(),
            cgroups: try makeDriver(root: "/berth-bench"), networks: try await LoopbackNetworks.start(pool: 0),
            logger: logger)
        server = APIServer(
            APIServer.Configuration(tcp: nil, unixSocket: nil, admin: .admin(account: Samples.account.id)),
            engine: engine, keys: FixedKeys([]), logger: logger, onReady: { _ in })
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }
}

/// Nothing to run.
private struct NoImages: TaskImages {
    func image(_ reference: String) throws(ImageError) -> StoredImage { throw ImageError(.notFound, reference) }
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        throw ImageError(.notFound, specification)
    }
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { [] }
}

/// Nothing to run it with.
private struct NoLauncher: TaskLauncher {
    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        throw LinuxError("launch", request.id, errno: .notSupported)
    }
    func prepareNext() {}
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask { .neverStarted }
}
