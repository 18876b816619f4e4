import CLinux
import Glibc
import SystemPackage

/// What a request does, for the message when the kernel refuses it.
public struct NetlinkRequest: Sendable {
    public var message: NetlinkMessage
    /// In words that continue "cannot".
    public var operation: String
    /// What it is done to, for example `link berth0`.
    public var subject: String

    public init(_ message: NetlinkMessage, _ operation: String, _ subject: String) {
        self.message = message
        self.operation = operation
        self.subject = subject
    }
}

/// A conversation with the kernel about links, addresses and routes, or about its packet filter (netlink(7)).
///
/// It belongs to the network namespace that its thread was in when it was made, wherever the thread goes afterwards. Not
/// to be used by two threads at a time.
public final class NetlinkSocket {
    /// What the conversation is about: NETLINK_ constants of linux/netlink.h.
    public enum Family: Int32, Sendable {
        case route = 0
        case netfilter = 12
    }

    /// To poll for notices.
    public let descriptor: OwnedDescriptor
    private var sequence: UInt32 = 0
    /// Of one datagram: the kernel cuts its dumps to the reader's size, at most 32 KiB (af_netlink.c).
    private var buffer: [UInt8]

    /// - Parameters:
    ///   - groups: whose notices it hears, by number: RTNLGRP_ or NFNLGRP_ constants. Their socket has a long queue, and is
    ///     for ``notices()`` alone.
    ///   - room: for one datagram.
    public init(_ family: Family, groups: [Int32] = [], room: Int = 64 << 10) throws(LinuxError) {
        buffer = [UInt8](repeating: 0, count: room)
        let type = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        descriptor = OwnedDescriptor(
            owning: try check("make", "netlink socket") { socket(AF_NETLINK, type, family.rawValue) })
        try set(.netlink, Self.capAcknowledgements, 1)
        try set(.netlink, Self.extendedAcknowledgements, 1)
        if groups.isEmpty { return }
        // Until a socket has an address of its own the kernel takes it for the sender of every notice, and leaves it out.
        // struct sockaddr_nl: the family; the kernel chooses the rest.
        let address = NativeBytes(UInt16(AF_NETLINK)).bytes + [UInt8](repeating: 0, count: 10)
        try check("bind", "netlink socket") {
            address.withUnsafeBytes {
                bind(descriptor.number, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
            }
        }
        try set(.socket, SO_RCVBUFFORCE, 8 << 20)
        for group in groups { try set(.netlink, Self.addMembership, group) }
    }

    /// Sends all requests, and waits until each is done.
    ///
    /// The kernel carries them out one by one: those behind a failed one are tried too.
    ///
    /// - Returns: for each request what it was answered, or why it failed.
    public func outcomes(
        of requests: [NetlinkRequest]
    ) throws(LinuxError) -> [Result<[NetlinkReply], LinuxError>] {
        var all: [Result<[NetlinkReply], LinuxError>] = []
        all.reserveCapacity(requests.count)
        var rest = requests[...]
        while !rest.isEmpty {
            all += try outcomes(ofBatch: rest.prefix(Self.batch))
            rest = rest.dropFirst(Self.batch)
        }
        return all
    }

    /// Sends all requests; the first error is thrown after all were tried.
    @discardableResult
    public func perform(_ requests: [NetlinkRequest]) throws(LinuxError) -> [[NetlinkReply]] {
        var answers: [[NetlinkReply]] = []
        for outcome in try outcomes(of: requests) { answers.append(try outcome.get()) }
        return answers
    }

    /// Sends one request and waits until it is done: what it was answered, or the kernel's error.
    @discardableResult
    public func perform(_ request: NetlinkRequest) throws(LinuxError) -> [NetlinkReply] {
        try perform([request]).flatMap(\.self)
    }

    /// Asks for all things of a kind; asks again when they changed meanwhile.
    ///
    /// - Parameter isWanted: what is not is not kept, so that a long list needs little memory.
    public func dump(
        _ request: NetlinkRequest, where isWanted: (NetlinkReply) -> Bool = { _ in true }
    ) throws(LinuxError) -> [NetlinkReply] {
        for _ in 0..<16 {
            let number = try send([request][...], adding: [.request, .dump])
            var all: [NetlinkReply] = []
            var isConsistent = true
            reading: while true {
                for reply in try receive(request) where reply.sequence == number {
                    if reply.flags & NetlinkMessage.Flags.dumpInterrupted.rawValue != 0 { isConsistent = false }
                    switch reply.type {
                    case Self.done: break reading
                    case Self.error:
                        if let failure = Self.failure(reply, request) { throw failure }
                    default: if isWanted(reply) { all.append(reply) }
                    }
                }
            }
            if isConsistent { return all }
        }
        throw LinuxError(request.operation, request.subject, errno: .resourceTemporarilyUnavailable)
    }

    /// Of notices about links and addresses this socket hears only those about one link from now on, and those that a port leaves
    /// a bridge: the kernel drops the others (SO_ATTACH_FILTER), and does not wake who waits.
    public func hearOnly(ofLink index: Int32) throws(LinuxError) {
        // Both kinds have the link's number at one place: struct ifinfomsg and struct ifaddrmsg, behind the header. A filter
        // reads it in network order.
        let place = UInt32(NetlinkMessage.headerSize + 4)
        var program = NativeBytes()
        for (code, steps, otherwise, value) in [
            (UInt16(0x20), UInt8(0), UInt8(0), place),  // BPF_LD | BPF_W | BPF_ABS
            (0x15, 4, 0, UInt32(bitPattern: index).bigEndian),  // BPF_JMP | BPF_JEQ
            // The message's type, and its family, which is the first byte behind the header.
            (0x28, 0, 0, 4), (0x15, 0, 3, UInt32(RouteType.deleteLink.bigEndian)),
            (0x30, 0, 0, UInt32(NetlinkMessage.headerSize)), (0x15, 0, 1, UInt32(RouteFamily.bridge)),
            (0x06, 0, 0, .max), (0x06, 0, 0, 0),  // BPF_RET: the whole message, or nothing of it
        ] {
            // struct sock_filter: code, steps when it holds, steps when not, value.
            program.add(code)
            program.add(steps)
            program.add(otherwise)
            program.add(value)
        }
        try check("filter", "netlink notices") {
            program.bytes.withUnsafeBytes { steps in
                // struct sock_fprog: how many, where.
                var filter = NativeBytes(UInt16(steps.count / 8))
                for _ in 0..<3 { filter.add(UInt16(0)) }
                filter.add(UInt(bitPattern: steps.baseAddress))
                return setsockopt(
                    descriptor.number, SOL_SOCKET, SO_ATTACH_FILTER, filter.bytes, socklen_t(filter.bytes.count))
            }
        }
    }

    /// What was told to the groups of this socket since the last call; waits for nothing. ENOBUFS: something was lost.
    public func notices() throws(LinuxError) -> [NetlinkReply] {
        var all: [NetlinkReply] = []
        while true {
            let count = recv(descriptor.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 {
                let error = Errno.current
                if error == .interrupted { continue }
                if error == .wouldBlock { return all }
                throw LinuxError("read", "netlink notices", errno: error)
            }
            all += NetlinkReply.parse(ArraySlice(buffer[..<count])).messages
        }
    }

    // MARK: One exchange

    /// Answers wait in the socket while the kernel works on a batch: so many descriptions of links, of about 4 KiB each with
    /// what the kernel needs for itself, and acknowledgements fit into the usual queue of 208 KiB.
    private static let batch = 24

    private func outcomes(
        ofBatch requests: ArraySlice<NetlinkRequest>
    ) throws(LinuxError) -> [Result<[NetlinkReply], LinuxError>] {
        guard let first = requests.first else { return [] }
        // The kernel works on them in order, and tells every failure: that the last is done says it of all.
        let number = try send(requests, adding: [.request], toLast: [.acknowledge])
        var outcomes = [Result<[NetlinkReply], LinuxError>](repeating: .success([]), count: requests.count)
        var isDone = false
        while !isDone {
            for reply in try receive(first) {
                let index = Int(reply.sequence &- number)
                guard index < requests.count else { continue }
                if reply.type == Self.error {
                    if index == requests.count - 1 { isDone = true }
                    if let failure = Self.failure(reply, requests[requests.startIndex + index]) {
                        outcomes[index] = .failure(failure)
                    }
                } else if case .success(let replies) = outcomes[index] {
                    outcomes[index] = .success(replies + [reply])
                }
            }
        }
        return outcomes
    }

    /// - Returns: the first request's sequence number.
    private func send(
        _ requests: ArraySlice<NetlinkRequest>, adding flags: NetlinkMessage.Flags,
        toLast last: NetlinkMessage.Flags = []
    ) throws(LinuxError) -> UInt32 {
        let first = sequence &+ 1
        var bytes: [UInt8] = []
        for (index, request) in zip(requests.indices, requests) {
            if request.message.isTooLong {
                throw LinuxError(request.operation, request.subject, errno: .messageTooLong)
            }
            sequence &+= 1
            let isLast = index == requests.endIndex - 1
            bytes += request.message.bytes(sequence: sequence, adding: isLast ? flags.union(last) : flags)
        }
        guard let request = requests.first else { return first }
        try check(request.operation, request.subject) {
            Glibc.send(descriptor.number, bytes, bytes.count, 0)
        }
        return first
    }

    private func receive(_ request: NetlinkRequest) throws(LinuxError) -> [NetlinkReply] {
        let count = try check(request.operation, request.subject) {
            // MSG_TRUNC: the datagram's own length, so that one cut short is noticed.
            recv(descriptor.number, &buffer, buffer.count, Int32(MSG_TRUNC))
        }
        let (replies, isWhole) = NetlinkReply.parse(ArraySlice(buffer[..<min(count, buffer.count)]))
        guard isWhole, count <= buffer.count else {
            throw LinuxError(request.operation, request.subject, errno: .badMessage)
        }
        return replies
    }

    /// Nil for an acknowledgement.
    static func failure(_ reply: NetlinkReply, _ request: NetlinkRequest) -> LinuxError? {
        guard let code: Int32 = reply.number(at: 0) else {
            return LinuxError(request.operation, request.subject, errno: .badMessage)
        }
        if code == 0 { return nil }
        var error = LinuxError(request.operation, request.subject, errno: Errno(rawValue: code == .min ? 0 : -code))
        // struct nlmsgerr is the number and the request's header; the request itself may follow, then attributes.
        let flags = NetlinkMessage.Flags(rawValue: reply.flags)
        if flags.contains(.attributes), let length: UInt32 = reply.number(at: 4) {
            let size = flags.contains(.capped) ? 4 + NetlinkMessage.headerSize : 4 + Int(length)
            let message: UInt16 = 1  // NLMSGERR_ATTR_MSG
            if let text = reply.attributes(after: size)[message]?.text, !text.isEmpty { error.detail = text }
        }
        return error
    }

    // MARK: Constants of linux/netlink.h

    private static let error: UInt16 = 2
    private static let done: UInt16 = 3
    private static let addMembership: Int32 = 1
    private static let capAcknowledgements: Int32 = 10
    private static let extendedAcknowledgements: Int32 = 11

    private enum Level: Int32 {
        case socket = 1
        case netlink = 270
    }

    private func set(_ level: Level, _ option: Int32, _ value: Int32) throws(LinuxError) {
        var value = value
        try check("configure", "netlink socket") {
            setsockopt(descriptor.number, level.rawValue, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
