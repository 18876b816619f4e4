import BerthCgroups
import BerthImages
import BerthLedger
import BerthModel
import BerthNetwork
import BerthStore
import BerthTrace
import Foundation
import Logging
import Synchronization

/// What should run, where and when. Every operation of the API ends here.
///
/// A refusal is thrown as ``ServiceError``, in AWS's words. State that must survive is in the store or in a shim's
/// record; what the engine holds in memory it can build again from these two and the kernel (``start()``).
public final class Engine: Sendable {
    /// As it was at the start; none of it changes while the engine lives.
    public let configuration: EngineConfiguration
    let store: Store
    let images: any TaskImages
    /// For what an operator does with images; nil where tests put something else in its place.
    let managedImages: LocalImages?
    let launcher: any TaskLauncher
    let cgroups: any CgroupDriver
    let networks: any TaskNetworks
    let logger: Logger
    /// Nil when nobody wants to know how long what takes.
    let tracer: Tracer?

    let preparation: Preparation
    let reservations: Reservations
    let live = LiveTasks()
    let checkpoints = Checkpoints()
    let execTickets = ExecTickets()
    let sizes = KnownSizes()
    let zones = ClusterZones()
    let knownDefinitions = KnownDefinitions()
    let parked: ParkedSandboxes
    /// For calls that block.
    let workers: WorkerThreads
    /// For reading logs, so that no launch waits for a long one.
    let logReaders: WorkerThreads
    let imports: WorkerThreads
    /// For looking after images, which reads and removes many files.
    let imageWorkers: WorkerThreads
    /// For moving task directories to the trash, which nobody waits for.
    let sweeper: WorkerThreads
    let trash: Trash
    let watcher: FileWatcher
    private let upkeep = Mutex<[Task<Void, Never>]>([])

    /// - Parameters:
    ///   - store: of this root directory, whose lock the caller holds.
    ///   - cgroups: prepared.
    ///   - networks: where tasks get their network.
    ///   - managedImages: what `images` are, for an operator to look after; nil refuses to.
    ///   - tracer: told how long each step of a task takes.
    /// - Throws: ``LinuxError`` when a directory of the root cannot be made, or a thread cannot be started.
    public init(
        configuration: EngineConfiguration, store: Store, images: any TaskImages, launcher: any TaskLauncher,
        cgroups: any CgroupDriver, networks: any TaskNetworks, logger: Logger, managedImages: LocalImages? = nil,
        tracer: Tracer? = nil
    ) throws {
        self.configuration = configuration
        self.store = store
        self.images = images
        self.managedImages = managedImages
        self.launcher = launcher
        self.cgroups = cgroups
        self.networks = networks
        self.logger = logger
        self.tracer = tracer
        preparation = Preparation(configuration: configuration, images: images, cgroups: cgroups, networks: networks)
        parked = ParkedSandboxes(most: configuration.parkedSandboxes)
        reservations = Reservations(capacity: configuration.capacity, ids: configuration.hostIDs)
        workers = try WorkerThreads(name: "berth-worker", count: max(4, ProcessInfo.processInfo.processorCount * 2))
        logReaders = try WorkerThreads(name: "berth-logs", count: 4)
        imports = try WorkerThreads(name: "berth-import", count: 2)
        imageWorkers = try WorkerThreads(name: "berth-images", count: 2)
        sweeper = try WorkerThreads(name: "berth-sweep", count: 1)
        trash = try Trash(configuration.trashDirectory, logger: logger, tracer: tracer)
        watcher = try FileWatcher()
        try configuration.makeDirectories()
    }

    /// Takes up what an earlier daemon left, and begins the upkeep; to be called once, before any operation.
    public func start() async throws {
        try await recover()
        // Compiling the system call filter takes longer than a launch; the first task should not wait for it.
        workers.submit { [preparation] in _ = try? preparation.seccomp.program(capabilities: .standard) }
        keepUp(every: Self.upkeepInterval) { await $0.forgetOld() }
        if configuration.parkedSandboxes > 0 { keepUp(every: Self.parkingInterval) { await $0.endParked() } }
    }

    private func keepUp(every interval: Duration, _ work: @escaping @Sendable (Engine) async -> Void) {
        let task = Task { [weak self] in
            while !Task.isCancelled {
                if let self { await work(self) }
                try? await Task.sleep(for: interval)
            }
        }
        upkeep.withLock { $0.append(task) }
    }

    /// Writes down what is only in memory. Tasks go on: the next daemon adopts them.
    public func shutdown() async {
        upkeep.withLock { tasks in tasks.forEach { $0.cancel() } }
        await closeParking()
        // Pulls are the next daemon's: what they brought so far stays.
        for task in live.all { task.cancelStart() }
        for task in live.all { await task.endStart() }
        await checkpoint()
        guard live.all.isEmpty else { return }
        // Nothing of ours stays in the cgroup tree. On a unified host the daemon itself sits there, and so it stays.
        await workers.run { [cgroups] in try? cgroups.dismantle() }
    }
}
