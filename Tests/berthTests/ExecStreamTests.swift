import BerthAPI
import BerthEngine
import BerthLaunch
import BerthModel
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import berth

@Suite("An exec stream")
struct ExecStreamTests {
    /// The program behind a server, as long as it lives.
    private final class Watch: Sendable {
        let pid = Mutex<Int32>(0)

        func run(_ command: [String]) -> @Sendable () async throws -> any ExecutedProgram {
            { [self] in
                let program = try HostProgram(command)
                pid.withLock { $0 = program.pid }
                return program
            }
        }

        func untilGone() async throws {
            try await eventually("the program was started") { pid.withLock { $0 } != 0 }
            let started = pid.withLock { $0 }
            try await eventually("the program is gone") { !HostProgram.lives(started) }
        }
    }

    private func session(_ script: String, input: Bool = true, _ frames: [ExecFrame] = []) async throws -> Received {
        let received = Mutex(Received())
        try await ExecServer.run(input: input, start: { try HostProgram(["sh", "-c", script]) }) { server in
            let all = try await server.open().talk(frames)
            received.withLock { $0 = all }
        }
        return received.withLock { $0 }
    }

    @Test("brings both outputs, each on its own, and the exit code after them")
    func output() async throws {
        let received = try await session("echo out; echo err >&2; exit 7")
        #expect(received == Received(output: "out\n", errorOutput: "err\n", last: .exited(7)))
    }

    @Test("takes input to its end")
    func input() async throws {
        let frames: [ExecFrame] = [.input(ByteBuffer(string: "a")), .input(ByteBuffer(string: "b")), .closeInput]
        #expect(try await session("cat; exit 2", frames) == Received(output: "ab", last: .exited(2)))
    }

    @Test("gives a program nothing to read that asked for no input")
    func noInput() async throws {
        let frames: [ExecFrame] = [.input(ByteBuffer(string: "a"))]
        #expect(try await session("cat; exit 3", input: false, frames) == Received(last: .exited(3)))
    }

    @Test("takes signals, and tells of them as 128 + their number")
    func signals() async throws {
        #expect(try await session("exec sleep 1000", [.signal(SIGTERM)]).last == .exited(128 + SIGTERM))
    }

    @Test("ends with the program, though a child of it holds its output open; nothing that it printed is lost")
    func orphans() async throws {
        let received = try await session("sleep 1000 & echo $!; head -c 300000 /dev/zero | tr '\\0' x; exit 5")
        #expect(received.last == .exited(5))
        let lines = received.output.split(separator: "\n")
        #expect(lines.last?.count == 300_000)
        if let pid = lines.first.flatMap({ Int32($0) }) { kill(pid, SIGKILL) }
    }

    @Test("tells why a program could not be started")
    func failure() async throws {
        try await ExecServer.run(start: { throw ServiceError.client("no such luck.") }) { server in
            let received = try await server.open().talk()
            #expect(
                received.last == .failed(ExecFailure(text: "no such luck. (ClientException)", exitCode: 125)))
        }
    }

    @Test("is refused without its token, and the second time")
    func refused() async throws {
        try await ExecServer.run(start: { try HostProgram(["true"]) }) { server in
            await #expect(throws: CommandFailure.self) { try await server.open("s", token: "wrong") }
            let first = try await server.open("s").talk()
            #expect(first.last == .exited(0))
            await #expect(throws: CommandFailure.self) { try await server.open("s") }
        }
    }

    @Test("ends the program when the client goes")
    func gone() async throws {
        let watch = Watch()
        try await ExecServer.run(start: watch.run(["sleep", "1000"])) { server in
            let connection = try await server.open()
            try await eventually("it runs") { watch.pid.withLock { $0 } != 0 }
            try await connection.channel.executeThenClose { _, _ in }
            try await watch.untilGone()
        }
    }

    @Test("ends the program when the client goes, though it never read what was sent")
    func goneUnderPressure() async throws {
        let watch = Watch()
        try await ExecServer.run(start: watch.run(["sleep", "1000"])) { server in
            let connection = try await server.open()
            let chunk = ByteBuffer(repeating: 0, count: 64 << 10)
            try await connection.channel.executeThenClose { inbound, outbound in
                for _ in 0..<4 { try await outbound.write(ExecConnection.masked(.input(chunk))) }
                // The pipe takes the first; nobody takes the others.
                for try await frame in inbound where frame.opcode == .binary { break }
            }
            try await watch.untilGone()
        }
    }

    @Test("ends when a client sends more input than it may")
    func flood() async throws {
        let watch = Watch()
        try await ExecServer.run(start: watch.run(["sleep", "1000"])) { server in
            let chunk = ByteBuffer(repeating: 0, count: 64 << 10)
            // Or it has closed the connection before all of it is sent.
            let received = try? await server.open().talk(Array(repeating: .input(chunk), count: 6))
            #expect(received == nil || received == Received())
            try await watch.untilGone()
        }
    }

    @Test("takes signals while input waits")
    func signalUnderPressure() async throws {
        let frames = Array(repeating: ExecFrame.input(ByteBuffer(repeating: 0, count: 64 << 10)), count: 4)
        #expect(try await session("exec sleep 1000", frames + [.signal(SIGTERM)]).last == .exited(128 + SIGTERM))
    }

    @Test("keeps nothing for a client that does not read: the program has to wait")
    func pressure() async throws {
        let printed = Counter()
        try await ExecServer.run(start: { Flood(counting: printed) }) { server in
            let connection = try await server.open()
            try await connection.channel.executeThenClose { inbound, _ in
                try await Self.untilStill(printed)
                let before = printed.now
                // What the kernel keeps for a connection on loopback (tcp_wmem and tcp_rmem end at 4 and 6 MiB), and little
                // of our own.
                #expect(before < 24 << 20)
                var read = 0
                for try await message in inbound {
                    read += message.unmaskedData.readableBytes
                    if read > 2 * before { break }
                }
                #expect(printed.now > before)
            }
        }
    }

    /// Waits until a counter has stopped.
    private static func untilStill(_ counter: Counter) async throws {
        var last = -1
        var still = 0
        while still < 100 {
            let now = counter.now
            still = now == last && now > 0 ? still + 1 : 0
            last = now
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
