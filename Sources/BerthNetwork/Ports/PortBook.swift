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
    init(_ port: PublishedPort) { self.init(number: port.hostPort, transport: port.transport) }
}

/// The host's ports that lead to tasks. Each is held by a socket of the daemon that nothing is heard on, so that no program
/// of the host takes it; the packets go to the task before they would come to the socket.
struct PortBook {
    /// No task: one of an earlier daemon has it, which has not been taken up by its id yet.
    private var held: [HostPort: (task: String?, socket: SharedDescriptor?)] = [:]
    private var next: UInt16 = Self.dynamic.lowerBound

    /// The range of ports for private use (RFC 6335, section 6), from which Amazon ECS takes dynamic host ports.
    static let dynamic: ClosedRange<UInt16> = 49_153...65_535

    /// Takes a task's ports: all of them or none.
    ///
    /// - Parameter listening: false for a task in the host's network, which binds them itself.
    /// - Returns: the same, with a number in place of each 0.
    mutating func take(
        _ ports: [PublishedPort], for task: String, holding: Bool = true
    ) throws(NetworkRefusal) -> [PublishedPort] {
        var taken: [PublishedPort] = []
        do {
            // Numbers that are asked for come first: a dynamic one must not be among them.
            for port in ports where port.hostPort != 0 { taken.append(try take(port, task, holding)) }
            for port in ports where port.hostPort == 0 { taken.append(try takeAny(port, task, holding)) }
        } catch {
            release(taken, of: task)
            throw error
        }
        return taken
    }

    /// Enters the ports of a task that lives already, each for itself. One that a program took meanwhile stays the task's
    /// own, without a socket: packets go to the task before they would come to the program.
    ///
    /// - Parameter task: nil if only its network is known yet.
    /// - Returns: those that are the task's, and no other's.
    @discardableResult
    mutating func enter(_ ports: [PublishedPort], for task: String?, holding: Bool = true) -> [PublishedPort] {
        ports.filter { port in
            let key = HostPort(port)
            if let holder = held[key] {
                guard holder.task == nil || holder.task == task else { return false }
                held[key] = (task, holder.socket ?? (holding ? try? Self.hold(key) : nil))
            } else {
                held[key] = (task, holding ? try? Self.hold(key) : nil)
            }
            return true
        }
    }

    /// Frees those of the ports that the task has; what another took since stays the other's.
    mutating func release(_ ports: [PublishedPort], of task: String) {
        for key in ports.map(HostPort.init) {
            if let holder = held[key], holder.task == nil || holder.task == task { held[key] = nil }
        }
    }

    private mutating func take(_ port: PublishedPort, _ task: String, _ holding: Bool) throws(NetworkRefusal)
        -> PublishedPort
    {
        let key = HostPort(port)
        if let holder = held[key] {
            let who = holder.task.map { "task \($0)" } ?? "a task of before"
            throw NetworkRefusal(
                .ports, "host port \(key) is taken by \(who): stop it, or set hostPort to 0 for any free port")
        }
        do {
            held[key] = (task, holding ? try Self.hold(key) : nil)
        } catch {
            let why =
                error.errno == .addressInUse ? "is taken by a program of the host" : "cannot be had: \(error.errno)"
            throw NetworkRefusal(.ports, "host port \(key) \(why): set hostPort to another, or to 0 for any free port")
        }
        return port
    }

    private mutating func takeAny(
        _ port: PublishedPort, _ task: String, _ holding: Bool
    ) throws(NetworkRefusal) -> PublishedPort {
        for _ in Self.dynamic {
            let number = next
            next = next == Self.dynamic.upperBound ? Self.dynamic.lowerBound : next + 1
            let key = HostPort(number: number, transport: port.transport)
            guard held[key] == nil, let socket = try? Self.hold(key) else { continue }
            held[key] = (task, holding ? socket : nil)
            var port = port
            port.hostPort = number
            return port
        }
        throw NetworkRefusal(
            .ports, "no host port from \(Self.dynamic.lowerBound) on is free for \(port.transport.rawValue)")
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
        return SharedDescriptor(descriptor)
    }
}
