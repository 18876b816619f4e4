import BerthLinux
import BerthModel
import Glibc

/// A port of the host, and over what.
struct HostPort: Hashable, Sendable, CustomStringConvertible {
    var number: UInt16
    var transport: PublishedPort.TransportProtocol
    var description: String { "\(number)/\(transport.rawValue)" }
}

extension HostPort {
    static func all(of port: PublishedPort) -> [HostPort] {
        port.hostPorts.map { HostPort(number: $0, transport: port.transport) }
    }
}

/// The host's ports that lead to tasks. Each is held by a socket of the daemon that nothing is heard on, so that no program
/// of the host takes it; the packets go to the task before they would come to the socket.
struct PortBook {
    private var held: [HostPort: (task: String, socket: SharedDescriptor?)] = [:]
    /// Where the search for a free one goes on.
    var next: UInt16 = Self.dynamic.lowerBound

    /// The range of ports for private use (RFC 6335, section 6), from which Amazon ECS takes dynamic host ports.
    static let dynamic: ClosedRange<UInt16> = 49_153...65_535

    /// Takes a task's ports: all of them or none.
    ///
    /// - Parameter holding: false for a task in the host's network, which binds them itself.
    /// - Returns: the same, with a number in place of each 0.
    mutating func take(
        _ ports: [PublishedPort], for task: String, holding: Bool = true
    ) throws(NetworkRefusal) -> [PublishedPort] {
        var taken: [PublishedPort] = []
        var entered: [HostPort] = []
        do {
            // Numbers that are asked for come first: a dynamic one must not be among them.
            for port in ports where port.hostPort != 0 {
                for key in HostPort.all(of: port) {
                    try take(key, task, holding)
                    entered.append(key)
                }
                taken.append(port)
            }
            for port in ports where port.hostPort == 0 {
                let found = try takeAny(port, task, holding)
                entered += HostPort.all(of: found)
                taken.append(found)
            }
        } catch {
            for key in entered { held[key] = nil }
            throw error
        }
        return taken
    }

    /// Enters the ports of a task that lives already, each for itself. One that a program took meanwhile stays the task's
    /// own, without a socket: packets go to the task before they would come to the program.
    ///
    /// - Returns: those that are the task's, and no other's.
    @discardableResult
    mutating func enter(_ ports: [PublishedPort], for task: String, holding: Bool = true) -> [PublishedPort] {
        ports.flatMap { port in
            let own = HostPort.all(of: port).map { enter($0, task, holding) }
            if own.allSatisfy(\.self) { return [port] }
            return zip(port.each, own).filter(\.1).map(\.0)
        }
    }

    /// Frees those of the ports that the task has; what another took since stays the other's.
    mutating func release(_ ports: [PublishedPort], of task: String) {
        for key in ports.flatMap(HostPort.all) where held[key]?.task == task { held[key] = nil }
    }

    private mutating func enter(_ key: HostPort, _ task: String, _ holding: Bool) -> Bool {
        if let holder = held[key], holder.task != task { return false }
        held[key] = (task, held[key]?.socket ?? (holding ? try? Self.hold(key) : nil))
        return true
    }

    private mutating func take(_ key: HostPort, _ task: String, _ holding: Bool) throws(NetworkRefusal) {
        if let holder = held[key] {
            throw NetworkRefusal(
                .ports,
                "host port \(key) is taken by task \(holder.task): stop it, or set hostPort to 0 for any free port")
        }
        do {
            held[key] = (task, holding ? try Self.hold(key) : nil)
        } catch {
            let why =
                error.errno == .addressInUse ? "is taken by a program of the host" : "cannot be had: \(error.errno)"
            throw NetworkRefusal(.ports, "host port \(key) \(why): set hostPort to another, or to 0 for any free port")
        }
    }

    /// Those of a range follow one another.
    private mutating func takeAny(
        _ port: PublishedPort, _ task: String, _ holding: Bool
    ) throws(NetworkRefusal) -> PublishedPort {
        var found: [(key: HostPort, socket: SharedDescriptor)] = []
        // A range may begin before the place where the search does, and end behind it.
        for _ in 0..<Self.dynamic.count + port.count - 1 {
            if next == Self.dynamic.lowerBound { found = [] }
            let key = HostPort(number: next, transport: port.transport)
            next = next == Self.dynamic.upperBound ? Self.dynamic.lowerBound : next + 1
            guard held[key] == nil, let socket = try? Self.hold(key) else {
                found = []
                continue
            }
            found.append((key, socket))
            guard found.count == port.count, let first = found.first else { continue }
            for (key, socket) in found { held[key] = (task, holding ? socket : nil) }
            var port = port
            port.hostPort = first.key.number
            return port
        }
        let what = port.count == 1 ? "no host port" : "no \(port.count) host ports that follow one another,"
        throw NetworkRefusal(
            .ports,
            "\(what) from \(Self.dynamic.lowerBound) on \(port.count == 1 ? "is" : "are") free for \(port.transport.rawValue)"
        )
    }

    /// Binds it on all addresses of both families; with IPv4 alone where the kernel has no IPv6.
    private static func hold(_ port: HostPort) throws(LinuxError) -> SharedDescriptor {
        do {
            return try hold(port, AF_INET6)
        } catch  where error.errno == .addressFamilyNotSupported || error.errno == .addressNotAvailable {
            return try hold(port, AF_INET)
        }
    }

    private static func hold(_ port: HostPort, _ family: Int32) throws(LinuxError) -> SharedDescriptor {
        let kind = port.transport == .tcp ? SOCK_STREAM : SOCK_DGRAM
        let descriptor = OwnedDescriptor(
            owning: try check("make", "a socket") {
                socket(family, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            })
        var room: Int32 = 0
        // The smallest that the kernel gives: nobody reads what comes by a way that leads to no task.
        setsockopt(descriptor.number, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        var bytes = [UInt8](
            repeating: 0, count: family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        // Both structures begin with family and port, and their zeros are the address of all.
        bytes.replaceSubrange(0..<2, with: NativeBytes(UInt16(family)).bytes)
        bytes.replaceSubrange(2..<4, with: NativeBytes(port.number.bigEndian).bytes)
        try check("bind", "port \(port)") {
            bytes.withUnsafeBytes { raw in
                bind(descriptor.number, raw.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(raw.count))
            }
        }
        return SharedDescriptor(descriptor.outOfTheWay())
    }
}
