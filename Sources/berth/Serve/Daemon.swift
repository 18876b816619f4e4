import AsyncHTTPClient
import BerthAPI
import BerthCgroups
import BerthConfinement
import BerthEngine
import BerthImages
import BerthLaunch
import BerthLedger
import BerthLinux
import BerthModel
import BerthNetwork
import BerthStore
import BerthTrace
import Glibc
import Logging
import ServiceLifecycle

/// The house, wired together: each part is handed what it stands on, from the ground up.
struct Daemon {
    var settings: Configuration
    /// The file of a trace; nil for none.
    var trace: String?

    /// Gives up what a daemon does not need, for ever. To be called before the process has a second thread.
    static func confine() throws {
        do { try DaemonConfinement.apply() } catch {
            throw CommandFailure("\(error); berth serve needs root and its capabilities (Docs/security.md lists them)")
        }
    }

    /// Serves until SIGTERM or SIGINT. Tasks go on without it.
    func run() async throws {
        let logger = Self.logger(settings.logLevel)
        // A program that reads no more input makes its pipe fail; that must not end the daemon.
        signal(SIGPIPE, SIG_IGN)
        // Each task keeps two descriptors open; the usual soft limit of 1,024 would end at 500.
        OpenFiles.raiseLimit()
        let root = try RootDirectory(preparing: settings.root)
        let lock = try RootLock(directory: root.path)
        let keys = try adminKey(root: root.path, logger: logger)
        let clients = try RegistryClients()
        do {
            try await run(root: root.path, clients: clients, keys: keys, logger: logger)
        } catch {
            try? await clients.shutdown()
            throw error
        }
        try? await clients.shutdown()
        logger.notice("stopped; tasks go on")
        // Until here nobody else may serve this directory.
        withExtendedLifetime(lock) {}
    }

    /// - Parameter clients: for pulls; shut down by whoever made it.
    private func run(root: String, clients: RegistryClients, keys: FixedKeys, logger: Logger) async throws {
        let (shim, unpacker) = (try settings.shimPath(), try settings.unpackerPath())
        let images = try ImageStore(
            root: root + "/images", limits: settings.imageLimits, keepsBlobs: settings.keepBlobs, unpacker: unpacker)
        for finding in images.findings { logger.error("\(finding)") }
        let own = OwnRegistry(account: settings.account, region: settings.region, further: settings.registryNames)
        let repositories = try Repositories(store: images, createsOnPush: settings.createsOnPush)
        let tracer = try trace.map { try beginTrace($0, logger: logger) }
        defer { tracer?.finish() }
        let store = try Store(path: root + "/berth.db", tracer: tracer)
        let network = try await DaemonNetwork.start(settings, root: root, store: store, logger: logger)
        let engine = try await engine(
            root: root, shim: shim, store: store, networks: network.networks,
            images: LocalImages(
                store: images, own: own, pushed: RepositoryImages(repositories: repositories, own: own),
                puller: ImagePuller(store: images, registries: settings.registrySettings(), clients: clients)),
            logger: logger, tracer: tracer)
        let registry = try RegistryInside(repositories: repositories, own: own, keyFile: root + "/registry.key")
        let collector = try collect(images, logger: logger)
        let roles = try RoleKeys(
            lasting: keys, keyFile: root + "/roles.key", account: settings.account
        ) { [weak engine] in engine?.isLive(task: $0) ?? false }
        let servers = network.servers(engine, keys: roles, settings: settings, logger: logger)
        try await serve(
            engine, registry: registry, keys: roles, servers: servers, root: root, logger: logger, tracer: tracer)
        withExtendedLifetime(collector) {}
        await engine.shutdown()
        await network.host?.drain()
    }

    private func engine(
        root: String, shim: String, store: Store, networks: any TaskNetworks, images: LocalImages, logger: Logger,
        tracer: Tracer?
    ) async throws -> Engine {
        let cgroups = try makeDriver(root: settings.cgroupRoot ?? settings.defaultCgroupRoot(of: root))
        try cgroups.prepare()
        var configuration = EngineConfiguration(
            root: root, account: Account(region: settings.region, id: settings.account),
            capacity: settings.capacity(),
            prices: try settings.priceSheet.map { try PriceSheet(path: $0) } ?? .fargateUSEast1)
        configuration.pidsPerTask = settings.taskProcesses
        configuration.retentionDays = settings.retentionDays
        configuration.parkedSandboxes = settings.parkedSandboxes
        configuration.hostIDs.first = UInt32(settings.firstHostID)
        configuration.hostIDs.count = UInt32(settings.hostIDRanges)
        configuration.keptIDs = settings.userNamespace.keptIDs
        configuration.pullPolicy = settings.pullPolicy
        configuration.secretsDirectory = settings.registrySecrets
        configuration.hostPolicy = HostPolicy(
            allowedCapabilities: settings.allowedCapabilities, allowsHostNetwork: settings.network.allowsHostMode)
        let engine = try Engine(
            configuration: configuration,
            store: store,
            images: images,
            launcher: ShimLauncher(Launcher(shim: shim)),
            cgroups: cgroups, networks: networks, logger: logger, managedImages: images,
            tracer: tracer)
        try await engine.start()
        logger.info("engine started", metadata: ["cgroups": "\(cgroups.name)", "root": "\(root)"])
        return engine
    }

    /// Only once the engine has started: then every task that runs holds its images.
    private func collect(_ images: ImageStore, logger: Logger) throws -> ImageCollector {
        try ImageCollector.start(images, policy: settings.collectionPolicy) { result in
            switch result {
            case .failure(let error): logger.error("images cannot be collected: \(error)")
            case .success(let report) where report.isEmpty: return
            case .success(let report):
                logger.notice(
                    "images collected",
                    metadata: [
                        "images": "\(report.images.joined(separator: ", "))", "blobs": "\(report.blobs)",
                        "layers": "\(report.layers)", "freedBytes": "\(report.freedBytes)",
                    ])
            }
        }
    }

    private func serve(
        _ engine: Engine, registry: RegistryInside, keys: any KeyStore, servers: TaskServers?, root: String,
        logger: Logger, tracer: Tracer?
    ) async throws {
        if !settings.listen.isLoopback {
            logger.warning(
                "listening beyond this machine without TLS: requests are signed, but whoever is on the way can read them",
                metadata: ["listen": "\(settings.listen)"])
        }
        var configuration = APIServer.Configuration(
            tcp: settings.listen, unixSocket: Endpoint.socketPath(root: root),
            admin: .admin(account: settings.account))
        configuration.permissions = try settings.network.roles.map { try RolesFile.read($0) } ?? .none
        let server = APIServer(
            configuration, engine: engine, registry: registry, keys: keys, logger: logger, tracer: tracer
        ) { addresses in
            await servers?.untilReady()
            let address = addresses.tcp ?? settings.listen
            // That nobody reads it is no reason to stop.
            try? StandardOutput.write("berth: ready on http://\(address)\n")
            ServiceManager.notify("READY=1\nSTATUS=serving http://\(address)")
            OwnProgram.release()
        }
        try await ServiceGroup(
            services: [server, StopNotice()] + (servers.map { [$0] } ?? []),
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: Logger(label: "quiet") { _ in
                SwiftLogNoOpLogHandler()
            }
        ).run()
    }

    /// The first key pair: made on the first start, read on every other.
    private func adminKey(root: String, logger: Logger) throws -> FixedKeys {
        let file = CredentialsFile(root: root)
        let (credentials, created) = try file.readOrCreate(region: settings.region)
        if created { logger.notice("made the first key pair", metadata: ["file": "\(file.path)"]) }
        return FixedKeys([
            AccessKey(
                id: credentials.accessKeyId, secret: credentials.secretAccessKey,
                principal: .admin(account: settings.account))
        ])
    }

    /// A trace that cannot be begun is the operator's mistake; one that cannot go on ends, and the daemon does not.
    private func beginTrace(_ path: String, logger: Logger) throws -> Tracer {
        do throws(LinuxError) {
            return try Tracer(path: path) { logger.error("the trace has ended before its time: \($0)") }
        } catch {
            throw CommandFailure("no trace can be written: \(error)")
        }
    }

    private static func logger(_ level: Logger.Level) -> Logger {
        Logger(label: "berth") { LineLogHandler(label: $0, logLevel: level) }
    }
}

/// Tells systemd when the daemon begins to stop.
private struct StopNotice: Service {
    func run() async throws {
        try? await gracefulShutdown()
        ServiceManager.notify("STOPPING=1")
    }
}
