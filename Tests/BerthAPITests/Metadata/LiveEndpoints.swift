import BerthLinux
import Crypto
import Foundation
import Glibc
import Logging
import ServiceLifecycle

@testable import BerthAPI

/// An endpoint server on loopback with tasks of a test's own, and programs that ask from any address of 127.0.0.0/8.
struct LiveEndpoints {
    var port: Int
    var tasks: FakeTasks
    var keys: RoleKeys

    /// Runs `body` beside the server, on a thread of its own because it blocks, and stops the server.
    static func run(
        withKeys: Bool = true, change: (inout EndpointServer) -> Void = { _ in },
        _ body: @escaping @Sendable (LiveEndpoints) throws -> Void
    ) async throws {
        let tasks = try FakeTasks()
        let keys = RoleKeys(
            lasting: FixedKeys([]), key: SymmetricKey(size: .bits256), account: "123456789012",
            isLive: { tasks.view(task: $0) != nil })
        let (ports, announce) = AsyncStream<Int>.makeStream()
        let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        var server = EndpointServer(
            address: ListenAddress(host: "127.0.0.1", port: 0), source: tasks, keys: withKeys ? keys : nil,
            logger: quiet
        ) { announce.yield($0) }
        change(&server)
        let group = ServiceGroup(configuration: .init(services: [server], logger: quiet))
        try await withThrowingTaskGroup(of: Void.self) { running in
            running.addTask {
                defer { announce.finish() }
                try await group.run()
            }
            for await port in ports {
                let outcome = await onThread { try body(LiveEndpoints(port: port, tasks: tasks, keys: keys)) }
                await group.triggerGracefulShutdown()
                try outcome.get()
                break
            }
            try await running.waitForAll()
        }
    }

    private static func onThread(_ body: @escaping @Sendable () throws -> Void) async -> Result<Void, any Error> {
        await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Result(catching: body)) }.start()
        }
    }

    struct Reply {
        var status: Int
        var type: String
        var body: String

        var json: [String: Any] { json(as: [String: Any].self) ?? [:] }
        func json<Value>(as type: Value.Type) -> Value? {
            try? JSONSerialization.jsonObject(with: Data(body.utf8), options: .fragmentsAllowed) as? Value
        }
    }

    /// Asks from 127.0.0.`host`.
    func ask(_ path: String, from host: UInt8 = 2, method: String = "GET", body: String = "") throws -> Reply {
        let socket = try connection(from: host)
        let number = socket.number
        let request =
            "\(method) \(path) HTTP/1.1\r\nHost: 169.254.170.2\r\nConnection: close\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        _ = try check("send on", "a socket") {
            Array(request.utf8).withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        while case let count = recv(number, &piece, piece.count, 0), count > 0 { received += piece[..<count] }
        return Self.reply(String(decoding: received, as: UTF8.self))
    }

    /// The statuses of one question that is asked again before it is answered.
    func statuses(_ path: String, times: Int, from host: UInt8 = 2) throws -> Set<Int> {
        let socket = try connection(from: host)
        let number = socket.number
        let requests = String(repeating: "GET \(path) HTTP/1.1\r\nHost: h\r\n\r\n", count: times)
        _ = try check("send on", "a socket") {
            Array(requests.utf8).withUnsafeBytes { send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
        var received: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65536)
        var found: [Int] = []
        while found.count < times {
            let count = recv(number, &piece, piece.count, 0)
            guard count > 0 else { break }
            received += piece[..<count]
            found = String(decoding: received, as: UTF8.self).matches(of: /HTTP\/1\.1 (\d+)/).compactMap { Int($0.1) }
        }
        return Set(found)
    }

    /// A connection from 127.0.0.`host` on which nothing has been asked.
    func connection(from host: UInt8) throws -> OwnedDescriptor {
        let socket = OwnedDescriptor(
            owning: try check("make", "a socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
        let number = socket.number
        try Self.with(host, 0) { address, size in try check("bind", "a socket") { bind(number, address, size) } }
        try Self.with(1, port) { address, size in try check("connect", "a socket") { connect(number, address, size) } }
        var patience = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        return socket
    }

    /// Whether the server ends a connection without an answer.
    static func isCut(_ connection: borrowing OwnedDescriptor) -> Bool {
        var byte: UInt8 = 0
        let count = recv(connection.number, &byte, 1, 0)
        return count == 0 || count < 0 && errno == ECONNRESET
    }

    private static func reply(_ text: String) -> Reply {
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (parts.first ?? "").split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let type = lines.first { $0.lowercased().hasPrefix("content-type:") }?.dropFirst("content-type: ".count)
        return Reply(status: status, type: String(type ?? ""), body: parts.count > 1 ? String(parts[1]) : "")
    }

    private static func with(
        _ host: UInt8, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> some Any
    ) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = (0x7F00_0000 | UInt32(host)).bigEndian
        _ = try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
