import BerthEngine
import Foundation
import Logging
import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Synchronization

@testable import BerthAPI
@testable import berth

/// A server whose one session runs a program of this host.
struct ExecServer {
    static let token = "right"
    var port: Int
    var address: ExecConnection.Address { .host("127.0.0.1", port: port, tls: false) }

    /// Runs `body` beside the server and stops it.
    static func run(
        input: Bool = true, start: @escaping @Sendable () async throws -> any ExecutedProgram,
        _ body: @Sendable (ExecServer) async throws -> Void
    ) async throws {
        let (ready, announce) = AsyncStream<APIServer.Addresses>.makeStream()
        let taken = Mutex(Set<String>())
        let exec = ExecService { route in
            guard route.token == token, taken.withLock({ $0.insert(route.sessionID).inserted }) else { return nil }
            return ExecSession(input: input, terminal: false, start: start)
        }
        var configuration = APIServer.Configuration(
            tcp: ListenAddress(host: "127.0.0.1", port: 0), unixSocket: nil, admin: .admin(account: "123456789012"))
        configuration.stopGrace = .milliseconds(500)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        let server = APIServer(
            configuration, routes: Routes(json: [], query: .sts, native: { _, _ in nil }), exec: exec,
            keys: FixedKeys([]), logger: quiet, onReady: { announce.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [server], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var port = 0
            for await addresses in ready {
                port = addresses.tcp?.port ?? 0
                break
            }
            let result: Result<Void, any Error>
            do { result = .success(try await body(ExecServer(port: port))) } catch { result = .failure(error) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    func open(_ session: String = "s", token: String = ExecServer.token) async throws -> ExecConnection {
        try await ExecConnection.open(address, path: ExecRoute.path(session), token: token, size: nil)
    }
}

/// All that came over a stream.
struct Received: Equatable {
    var output = ""
    var errorOutput = ""
    var last: ExecFrame?
}

extension ExecConnection {
    /// Sends frames, then reads to the last.
    func talk(_ frames: [ExecFrame] = []) async throws -> Received {
        try await channel.executeThenClose { inbound, outbound in
            for frame in frames { try await outbound.write(Self.masked(frame)) }
            var received = Received()
            for try await message in inbound where message.opcode == .binary {
                switch try ExecFrame(message.unmaskedData) {
                case .output(let bytes): received.output += String(buffer: bytes)
                case .errorOutput(let bytes): received.errorOutput += String(buffer: bytes)
                case .window: continue
                case let frame: received.last = frame
                }
                if received.last != nil { break }
            }
            return received
        }
    }

    static func masked(_ frame: ExecFrame) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .binary, maskKey: .random(), data: frame.encoded())
    }
}

/// Polls until something is so; gives up after a time no sane run needs.
func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<20_000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(2))
    }
    throw CommandFailure("it did not come to pass that \(what)")
}
