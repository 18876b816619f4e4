import BerthLinux
import BerthTrace
import CBerthPlan
import Glibc
import SystemPackage

/// Starts tasks, and finds those that an earlier daemon started.
///
/// The daemon never forks: each task is carried out by one `berth-shim` from a sealed memfd, started ahead mostly. All
/// calls here block for a millisecond or less; run them on threads that may.
public final class Launcher: Sendable {
    private let tools: ShimTools
    /// Overlay takes layers by descriptor since Linux 6.13; before, by path.
    private let layersByDescriptor: Bool
    /// What every container's mounts begin as: nothing.
    private let noMounts: SharedDescriptor

    /// - Parameters:
    ///   - shim: the path of the `berth-shim` executable; read once.
    ///   - kernel: whose features to use; another than the running one only to try a fallback.
    public init(shim path: String, kernel: KernelRelease = .current) throws(LinuxError) {
        // Now, that few are taken: enough for a shim or an unpacker.
        try Spawn.prepare(descriptors: 4)
        let shim = try SealedMemory.make(
            name: "berth-shim", content: try SmallFile.readBytes(path, limit: 64 << 20), executable: true)
        noMounts = try MountNamespace.empty()
        let poller = try Poller(name: "berth-shims")
        tools = ShimTools(
            shims: Shims(executable: SharedDescriptor(shim), reaper: Reaper(poller: poller)), poller: poller)
        layersByDescriptor = kernel >= KernelRelease(major: 6, minor: 13)
    }

    /// Compiles the launch plan and hands it to a shim. The task's directory must exist and hold no earlier launch.
    public func launch(_ request: LaunchRequest) throws(LinuxError) -> RunningTask {
        let begun = request.trail?.now()
        let plan = try LaunchPlan(request, layersByDescriptor: layersByDescriptor)
        request.trail?.work(.plan, since: begun)
        request.trail?.shimIsSpawned()
        defer { request.trail?.work(.spawn, since: request.trail?.spawn) }
        return try carryOut(plan, id: request.id, in: request.directory, network: request.namespace)
    }

    /// Keeps a shim ready for the next launch. To be called after each, once its task need not wait for that.
    public func prepareNext() { tools.shims.prepareNext() }

    /// Hands a task that is laid out to a shim.
    func carryOut(
        _ plan: LaunchPlan, id: String, in path: String, network: SharedNamespace? = nil
    ) throws(LinuxError) -> RunningTask {
        let memory = try SealedMemory.make(name: "berth-plan", content: plan.bytes)
        let directory = try OwnedDescriptor.open(path, flags: openPathOnly | O_DIRECTORY)
        // A launch that never came to its shim may have left its socket: such a task can be launched again.
        _ = unlinkat(directory.number, Self.socketName, 0)
        let listener = try LocalSocket.listen(in: directory, name: Self.socketName)
        // Connected before there is a shim: once it runs, nothing here can fail and leave it unwatched.
        let task = try RunningTask(
            directory: path, socket: try LocalSocket.connect(in: directory, name: Self.socketName),
            tools: tools)
        let descriptors = [memory.number, listener.number, noMounts.number]
        try tools.shims.start(id, descriptors + (network.map { [$0.network.number, $0.sysfs.number] } ?? []))
        return task
    }

    /// What an earlier daemon left in a task's directory. The same events come again, from the first.
    ///
    /// A shim holds its listening socket from its spawn to its end, so a refused connection means that none lives; only
    /// then does the record tell how far the task came.
    public func adopt(directory path: String) throws(LinuxError) -> Adoption {
        do throws(LinuxError) {
            let directory = try OwnedDescriptor.open(path, flags: openPathOnly | O_DIRECTORY)
            let socket = try LocalSocket.connect(in: directory, name: Self.socketName)
            return .running(try RunningTask(directory: path, socket: socket, tools: tools))
        } catch  where error.errno == .connectionRefused || error.errno == .noSuchFileOrDirectory {
            switch try RecordFile.read(in: path) {
            case .absent: return .neverStarted
            case .begun: return .lost
            case .finished(let record): return .finished(record)
            }
        }
    }

    private static let socketName = "shim.sock"
}

/// What became of a task while no daemon watched.
public enum Adoption: Sendable {
    /// The shim lives: its events come again from the first.
    case running(RunningTask)
    /// The shim has finished; its record waits.
    case finished(TaskRecord)
    /// The shim was never started: the task can be launched again.
    case neverStarted
    /// The shim had begun and is gone without a record.
    case lost
}
