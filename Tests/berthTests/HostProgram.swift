import BerthEngine
import BerthLaunch
import BerthLinux
import Foundation
import Glibc
import Synchronization
import SystemPackage

/// A program of this host in the place of one in a container, with three pipes.
final class HostProgram: ExecutedProgram {
    let events: AsyncStream<ExecEvent>
    let pid: Int32
    private let input: Mutex<OwnedDescriptor?>
    private let output: Mutex<OwnedDescriptor?>
    private let errorOutput: Mutex<OwnedDescriptor?>
    /// What it was told.
    let sizes = Mutex<[WindowSize]>([])

    init(_ command: [String]) throws {
        let (events, continuation) = AsyncStream.makeStream(of: ExecEvent.self)
        self.events = events
        let (pipes, process) = try Self.spawning.withLock { _ in
            let pipes = try (0..<3).map { _ in try Self.pipe() }
            let theirs = [pipes[0].read, pipes[1].write, pipes[2].write]
            defer { for end in theirs { close(end) } }
            return (pipes, try Self.spawn(command, theirs))
        }
        input = Mutex(OwnedDescriptor(owning: pipes[0].write))
        output = Mutex(OwnedDescriptor(owning: pipes[1].read))
        errorOutput = Mutex(OwnedDescriptor(owning: pipes[2].read))
        pid = process
        continuation.yield(.started)
        // Not by Foundation's Process: that waits for the program's children too, and lends it blocked signals.
        try startThread(name: "wait") {
            var status: Int32 = 0
            waitpid(process, &status, 0)
            let signal = status & 0x7F
            continuation.yield(.exited(signal == 0 ? .code(status >> 8 & 0xFF) : .signal(signal)))
            continuation.finish()
        }
    }

    /// One at a time, so that none inherits the pipes of another.
    private static let spawning = Mutex(())

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try check("make", "pipe") { Glibc.pipe(&ends) }
        for end in ends { try check("close on exec", "pipe") { fcntl(end, F_SETFD, FD_CLOEXEC) } }
        return (ends[0], ends[1])
    }

    private static func spawn(_ command: [String], _ standard: [Int32]) throws -> pid_t {
        var actions = try SpawnActions()
        for (number, end) in standard.enumerated() { try actions.copy(end, to: Int32(number)) }
        // Sockets of SwiftNIO stay open over exec(2).
        try actions.close(from: 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var argv: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var process = pid_t()
        let error = posix_spawnp(&process, command[0], &actions.raw, &attributes, &argv, environ)
        guard error == 0 else { throw LinuxError("start", command[0], errno: Errno(rawValue: error)) }
        return process
    }

    deinit { kill(pid, SIGKILL) }

    func takeInput() -> OwnedDescriptor? { input.withLock { $0.take() } }
    func takeOutput() -> OwnedDescriptor? { output.withLock { $0.take() } }
    func takeErrorOutput() -> OwnedDescriptor? { errorOutput.withLock { $0.take() } }
    func resize(_ size: WindowSize) throws(LinuxError) { sizes.withLock { $0.append(size) } }
    func send(signal: Int32) { kill(pid, signal) }

    /// Whether a process of this number is there.
    static func lives(_ pid: Int32) -> Bool {
        // A zombie has ended: its parent, this process, is about to hear of it.
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
        return status.split(separator: ")").last?.hasPrefix(" Z") == false
    }
}
