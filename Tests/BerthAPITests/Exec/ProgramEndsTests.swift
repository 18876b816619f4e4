import BerthEngine
import BerthLaunch
import BerthLinux
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import BerthAPI

@Suite("What a program printed")
struct ProgramEndsTests {
    @Test("ends with it, whoever goes on printing to the same pipe", .timeLimit(.minutes(10)))
    func backgroundChild() async throws {
        let program = try PrintingProgram()
        // More than one read takes, and then one who never stops.
        program.print("hello" + String(repeating: ".", count: 100_000))
        try program.printForEver()
        #expect(try await printed(by: program).hasPrefix("hello....."))
    }

    @Test("is all read, however slowly", .timeLimit(.minutes(10)))
    func slowly() async throws {
        let program = try PrintingProgram()
        let text = String(repeating: "0123456789", count: 100_000)
        program.print(text)
        let output = try await printed(by: program) { for _ in 0..<10 { await Task.yield() } }
        #expect(output == text)
    }

    @Test("may be nothing", .timeLimit(.minutes(10)))
    func nothing() async throws {
        #expect(try await printed(by: try PrintingProgram()).isEmpty)
    }

    /// What is handed on when the program has ended at once.
    private func printed(
        by program: PrintingProgram, pause: @escaping @Sendable () async -> Void = {}
    ) async throws -> String {
        let ends = try await ProgramEnds(program, on: MultiThreadedEventLoopGroup.singleton.any())
        ends.drain()
        let text = Mutex("")
        try await ends.output?.forEach { bytes in
            text.withLock { $0 += String(buffer: bytes) }
            await pause()
        }
        ends.close()
        return text.withLock { $0 }
    }
}

/// Looks like a program that prints to a pipe of a mebibyte.
private final class PrintingProgram: ExecutedProgram {
    let events = AsyncStream<ExecEvent> { $0.finish() }
    private let ours: Mutex<OwnedDescriptor?>
    private let theirs: SharedDescriptor

    init() throws {
        let pipe = try Pipe()
        let setPipeSize: CInt = 1031
        try #require(fcntl(pipe.write.number, setPipeSize, CInt(1 << 20)) >= 1 << 20)
        theirs = SharedDescriptor(try pipe.write.copy())
        ours = Mutex(try pipe.read.copy())
    }

    func print(_ text: String) { _ = Glibc.write(theirs.number, text, text.utf8.count) }

    /// Until nobody reads.
    func printForEver() throws {
        try startThread(name: "printer") { [theirs] in
            var broken = sigset_t()
            sigemptyset(&broken)
            sigaddset(&broken, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &broken, nil)
            while Glibc.write(theirs.number, "more", 4) == 4 {}
        }
    }

    func takeInput() -> OwnedDescriptor? { nil }
    func takeOutput() -> OwnedDescriptor? { ours.withLock { $0.take() } }
    func takeErrorOutput() -> OwnedDescriptor? { nil }
    func resize(_ size: WindowSize) throws(LinuxError) {}
    func send(signal: Int32) {}
}
