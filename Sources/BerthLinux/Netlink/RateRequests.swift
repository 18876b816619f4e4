/// Requests about how fast a link may send, for a socket of ``NetlinkSocket/Family/route``.
public enum RateRequest {
    /// Bounds what leaves by a link, with a token bucket (tc-tbf(8)).
    ///
    /// A packet waits up to 50 ms and is dropped when it would wait longer.
    ///
    /// - Parameter bitsPerSecond: at least 8.
    public static func bound(_ index: Int32, _ name: String, bitsPerSecond: UInt64) -> NetlinkRequest {
        let bytesPerSecond = max(bitsPerSecond / 8, 1)
        let wait: UInt64 = 20  // a second's part: 50 ms
        // At least one packet as large as segmentation offload makes them, or it would be cut before it is sent.
        let burst = UInt32(clamping: max(bytesPerSecond / 100, 128 << 10))
        let limit = UInt32(clamping: bytesPerSecond / wait + UInt64(burst))
        var message = discipline(RouteType.newDiscipline, index, flags: [.create, .replace])
        message.put(1, "tbf")  // TCA_KIND
        message.nest(2) {  // TCA_OPTIONS
            $0.put(Bucket.parameters, bytes: parameters(bytesPerSecond, limit: limit))
            $0.put(Bucket.burst, burst)
            if bytesPerSecond >= 1 << 32 { $0.put(Bucket.rate64, bytesPerSecond) }
        }
        return NetlinkRequest(message, "bound the rate of", "link \(name)")
    }

    /// Takes the bound away. ENOENT when there is none.
    public static func unbound(_ index: Int32, _ name: String) -> NetlinkRequest {
        NetlinkRequest(discipline(RouteType.deleteDiscipline, index), "free the rate of", "link \(name)")
    }

    /// For ``NetlinkSocket/dump(_:)``: a ``RateBound`` for each link that has one.
    public static func list() -> NetlinkRequest {
        NetlinkRequest(discipline(RouteType.getDiscipline, 0, parent: 0), "list", "rates")
    }

    /// `struct tc_tbf_qopt`: two of `struct tc_ratespec`, then limit, buffer and mtu.
    private static func parameters(_ bytesPerSecond: UInt64, limit: UInt32) -> [UInt8] {
        let ethernet: UInt8 = 1  // TC_LINKLAYER_ETHERNET: the kernel needs no table of rates
        var bytes = NativeBytes()
        bytes.add(UInt8(0))
        bytes.add(ethernet)
        for _ in 0..<3 { bytes.add(UInt16(0)) }
        bytes.add(UInt32(clamping: bytesPerSecond))
        return bytes.bytes + [UInt8](repeating: 0, count: 12) + NativeBytes(limit).bytes
            + [UInt8](repeating: 0, count: 8)
    }

    private static func discipline(
        _ type: UInt16, _ index: Int32, parent: UInt32 = root, flags: NetlinkMessage.Flags = []
    ) -> NetlinkMessage {
        var header = NativeBytes(UInt32(0))
        header.add(index)
        header.add(UInt32(0))
        header.add(parent)
        header.add(UInt32(0))
        return NetlinkMessage(type: type, flags: flags, fixed: header.bytes)
    }

    private static let root: UInt32 = 0xffff_ffff  // TC_H_ROOT

    /// TCA_TBF_ constants of linux/pkt_sched.h.
    fileprivate enum Bucket {
        static let parameters: UInt16 = 1
        static let rate64: UInt16 = 4
        static let burst: UInt16 = 6
    }
}

/// How fast a link may send.
public struct RateBound: Sendable, Equatable {
    /// The link's.
    public var index: Int32
    public var bitsPerSecond: UInt64

    /// Nil for anything but a token bucket.
    public init?(_ reply: NetlinkReply) {
        guard reply.type == RouteType.newDiscipline, let index: Int32 = reply.number(at: 4) else { return nil }
        let attributes = reply.attributes(after: 20)
        guard attributes[1]?.text == "tbf", let options = attributes[2]?.nested,
            let parameters = options[RateRequest.Bucket.parameters],
            let rate: UInt32 = parameters.value.dropFirst(8).number()
        else { return nil }
        self.index = index
        bitsPerSecond = 8 * (options[RateRequest.Bucket.rate64]?.number(as: UInt64.self) ?? UInt64(rate))
    }
}
