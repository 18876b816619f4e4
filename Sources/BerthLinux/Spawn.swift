import CLinux
import Glibc
import Synchronization
import SystemPackage

/// A program started with nothing of ours but the descriptors it is given.
public enum Spawn {
    /// One child is started at a time: the numbers are its own until its program runs.
    private static let slots = Mutex(SpawnSlots())

    /// Takes the low numbers that `count` descriptors of a child need.
    ///
    /// Not needed, but the sooner the better: with high ones a start takes longer the more descriptors this process has.
    public static func prepare(descriptors count: Int) throws(LinuxError) {
        try slots.withLock { slots throws(LinuxError) in try slots.reserve(count) }
    }

    /// Starts `path` in a session of its own, with an empty environment, `/dev/null` as standard input, output and error,
    /// all signals blocked and at their defaults, and `descriptors` as 3, 4, … in order, at most ten. All others are closed.
    ///
    /// What it costs grows neither with the memory of this process (CLONE_VM) nor with its descriptors (``SpawnSlots``).
    ///
    /// - Throws: why the program could not be executed, too.
    public static func run(_ path: String, arguments: [String], descriptors: [Int32]) throws(LinuxError) -> pid_t {
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var child = berth_spawn()
        let process = try slots.withLock { slots throws(LinuxError) in
            defer { slots.clear() }
            try slots.fill(descriptors)
            let own = slots.numbers.dropFirst().prefix(descriptors.count)
            let sources = Array(repeating: slots.numbers[0], count: 3) + own
            child.count = Int32(sources.count)
            child.end = UInt32(slots.end)
            return try start(&child, path, &argv, sources)
        }
        guard child.error == 0 else {
            _ = try ChildEnd(of: process)
            throw LinuxError("start", arguments.first ?? path, errno: Errno(rawValue: child.error))
        }
        return process
    }

    /// Returns once the program runs, or cannot.
    private static func start(
        _ child: inout berth_spawn, _ path: String, _ arguments: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ sources: UnsafePointer<Int32>
    ) throws(LinuxError) -> pid_t {
        // No handler of ours may run in the child, which has our memory.
        var (all, before) = (sigset_t(), sigset_t())
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let process = path.withCString { path in
            withUnsafeTemporaryAllocation(byteCount: stackSize, alignment: 16) { stack in
                child.path = path
                child.arguments = arguments
                child.sources = sources
                return berth_spawn_run(&child, stack.baseAddress.map { $0 + stackSize })
            }
        }
        let error = Errno.current
        pthread_sigmask(SIG_SETMASK, &before, nil)
        guard process >= 0 else { throw LinuxError("start", path, errno: error) }
        return process
    }

    /// Much more than a few system calls take.
    private static let stackSize = 64 << 10
}
