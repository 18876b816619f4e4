import BerthLinux
import Glibc
import Synchronization
import Testing

/// A small HTTP/1.1 server on loopback, one request a connection: a test says what it answers, or what it passes on to
/// a real registry and where it cuts that off.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        var method: String
        /// Path and query.
        var target: String
        /// Names in lower case.
        var headers: [String: String]
        var body: [UInt8]
        /// The head as it came.
        var head: [UInt8]

        var path: String { String(target.prefix { $0 != "?" }) }
    }

    enum Answer: Sendable {
        case respond(Int, [String: String] = [:], [UInt8] = [])
        /// Passes it on to a port of loopback; the connection is cut after so many bytes of the answer's body.
        case forward(UInt16, cutAfter: Int? = nil)
        /// Sends the body a byte at a time, with a pause of so many microseconds before each.
        case trickle([UInt8], UInt32)
        /// Sends a body that ends before its stated length.
        case broken([UInt8], stated: Int)
        /// Takes a CONNECT to a port of loopback, wherever it was meant to lead.
        case tunnel(UInt16)
        /// Closes without a word.
        case drop
    }

    let port: UInt16
    private let listener: SharedDescriptor
    private let seen = Mutex<[Request]>([])
    private let open = Mutex((now: 0, most: 0))
    private let script: @Sendable (Request, _ number: Int) -> Answer

    /// - Parameter script: gets the request and how many of the same method and path came before it.
    init(_ script: @escaping @Sendable (Request, _ number: Int) -> Answer) throws {
        self.script = script
        (listener, port) = try Loopback.listen()
        let listener = listener
        try startThread(name: "test-accept") { [weak self] in
            while true {
                let connection = accept(listener.number, nil, nil)
                guard connection >= 0 else { return }
                let descriptor = SharedDescriptor(OwnedDescriptor(owning: connection))
                guard let self else { return }
                try? startThread(name: "test-serve") { self.serve(descriptor) }
            }
        }
    }

    deinit { shutdown(listener.number, Int32(SHUT_RDWR)) }

    /// All requests so far.
    var requests: [Request] { seen.withLock { $0 } }

    /// The most requests that were answered at the same time.
    var mostAtOnce: Int { open.withLock { $0.most } }

    func count(_ method: String, _ pathPart: String) -> Int {
        requests.count { $0.method == method && $0.path.contains(pathPart) }
    }

    private func serve(_ connection: SharedDescriptor) {
        guard let request = Self.read(connection) else { return }
        open.withLock { open in
            open.now += 1
            open.most = max(open.most, open.now)
        }
        var isCounted = true
        func isAnswered() {
            if isCounted { open.withLock { $0.now -= 1 } }
            isCounted = false
        }
        defer { isAnswered() }
        let number = seen.withLock { seen in
            defer { seen.append(request) }
            return seen.count { $0.method == request.method && $0.path == request.path }
        }
        switch script(request, number) {
        case .drop: return
        case .respond(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Scripted\r\nconnection: close\r\ncontent-length: \(body.count)\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            Loopback.write(Array("\(head)\r\n".utf8) + (request.method == "HEAD" ? [] : body), to: connection)
        case .trickle(let body, let pause):
            Loopback.write(Array("HTTP/1.1 200 Scripted\r\ncontent-length: \(body.count)\r\n\r\n".utf8), to: connection)
            for (index, byte) in body.enumerated() {
                usleep(pause)
                // Who has the last byte may ask for something else before this thread goes on.
                if index == body.count - 1 { isAnswered() }
                guard Loopback.write([byte], to: connection) else { return }
            }
        case .broken(let body, let stated):
            Loopback.write(
                Array("HTTP/1.1 200 Scripted\r\ncontent-length: \(stated)\r\n\r\n".utf8) + body, to: connection)
        case .tunnel(let port): Self.tunnel(to: port, connection)
        case .forward(let port, let cut): Self.forward(request, to: port, cutAfter: cut, connection)
        }
    }

    private static func forward(_ request: Request, to port: UInt16, cutAfter cut: Int?, _ client: SharedDescriptor) {
        guard let upstream = try? Loopback.connect(port) else { return }
        // The upstream's end of the connection is the end of the answer.
        let head = String(decoding: request.head, as: UTF8.self).replacing(
            "\r\n\r\n", with: "\r\nconnection: close\r\n\r\n")
        Loopback.write(Array(head.utf8) + request.body, to: upstream)
        var passed: [UInt8] = []
        var room = Int.max
        var isBody = false
        while let piece = Loopback.read(upstream), !piece.isEmpty {
            var piece = piece
            if !isBody {
                passed += piece
                guard let end = Self.endOfHead(passed) else { continue }
                isBody = true
                Loopback.write(Array(passed[..<end]), to: client)
                piece = Array(passed[end...])
                if let cut { room = cut }
            }
            Loopback.write(Array(piece.prefix(room)), to: client)
            room -= min(room, piece.count)
            if room == 0 { return }
        }
    }

    private static func tunnel(to port: UInt16, _ client: SharedDescriptor) {
        guard let upstream = try? Loopback.connect(port) else { return }
        Loopback.write(Array("HTTP/1.1 200 Scripted\r\n\r\n".utf8), to: client)
        try? startThread(name: "test-tunnel") {
            while let piece = Loopback.read(client), !piece.isEmpty { Loopback.write(piece, to: upstream) }
            shutdown(upstream.number, Int32(SHUT_RDWR))
        }
        while let piece = Loopback.read(upstream), !piece.isEmpty { Loopback.write(piece, to: client) }
        shutdown(client.number, Int32(SHUT_RDWR))
    }

    private static func read(_ connection: SharedDescriptor) -> Request? {
        var bytes: [UInt8] = []
        var end: Int?
        while end == nil {
            guard let piece = Loopback.read(connection), !piece.isEmpty, bytes.count < 1 << 20 else { return nil }
            bytes += piece
            // A TLS handshake where HTTP is spoken.
            if bytes.first == 0x16 { return nil }
            end = endOfHead(bytes)
        }
        guard let end else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedByCRLF: ())
        let words = lines.first?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        while bytes.count < end + length {
            guard let piece = Loopback.read(connection), !piece.isEmpty else { return nil }
            bytes += piece
        }
        return Request(
            method: String(words[0]), target: String(words[1]), headers: headers, body: Array(bytes[end...]),
            head: Array(bytes[..<end]))
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { bytes[($0 - 4)..<$0].elementsEqual([13, 10, 13, 10]) }
    }
}

extension String {
    fileprivate func components(separatedByCRLF: Void) -> [Substring] { split(separator: "\r\n") }
}

/// Blocking sockets of 127.0.0.1.
enum Loopback {
    /// Ports that a program will listen on, and does not yet.
    private static let promised = Mutex<Set<UInt16>>([])

    /// A port for a program that cannot take any free one and say which. No other listener here is given it from now on.
    static func promise() throws -> UInt16 {
        let (socket, port) = try listen()
        promised.withLock { _ = $0.insert(port) }
        withExtendedLifetime(socket) {}
        return port
    }

    static func listen() throws -> (SharedDescriptor, UInt16) {
        while true {
            let found = try listenAnywhere()
            if !promised.withLock({ $0.contains(found.1) }) { return found }
        }
    }

    private static func listenAnywhere() throws -> (SharedDescriptor, UInt16) {
        let descriptor = SharedDescriptor(
            OwnedDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)))
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                try check("bind", "loopback") { bind(descriptor.number, pointer, length) }
                try check("listen", "loopback") { Glibc.listen(descriptor.number, 128) }
                _ = try check("name", "loopback") { getsockname(descriptor.number, pointer, &length) }
            }
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    static func connect(_ port: UInt16) throws -> SharedDescriptor {
        let descriptor = SharedDescriptor(
            OwnedDescriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)))
        var address = address(port)
        try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = try check("connect to", "127.0.0.1:\(port)") {
                    Glibc.connect(descriptor.number, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
        }
        return descriptor
    }

    private static func address(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// Nil after an error, empty at the end.
    static func read(_ descriptor: SharedDescriptor) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(descriptor.number, &buffer, buffer.count)
        return count < 0 ? nil : Array(buffer.prefix(count))
    }

    /// - Returns: false when nobody reads any more.
    @discardableResult
    static func write(_ bytes: [UInt8], to descriptor: SharedDescriptor) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
