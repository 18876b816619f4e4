/// One message from the kernel: its header is checked, its content is not read yet.
public struct NetlinkReply: Sendable, Equatable {
    /// Of the family, or NLMSG_ERROR and NLMSG_DONE of linux/netlink.h.
    public var type: UInt16
    var flags: UInt16
    /// The number of the request that it answers.
    public var sequence: UInt32
    /// Whose request it belongs to.
    public var port: UInt32
    /// Behind the header.
    public var payload: ArraySlice<UInt8>

    /// The attributes behind the family's own part of `size` bytes.
    public func attributes(after size: Int) -> NetlinkAttributes {
        NetlinkAttributes(payload.dropFirst((size + 3) & ~3))
    }

    /// A number of the family's own part; nil when the message is too short for it.
    public func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type = Number.self) -> Number? {
        payload.dropFirst(offset).number()
    }

    /// Cuts a datagram into its messages. It ends at the first whose length is a lie, and says so.
    ///
    /// - Returns: nil for `isWhole` only if all of the datagram was messages.
    static func parse(_ datagram: ArraySlice<UInt8>) -> (messages: [NetlinkReply], isWhole: Bool) {
        var rest = datagram
        var messages: [NetlinkReply] = []
        while !rest.isEmpty {
            guard let length: UInt32 = rest.number(), length >= NetlinkMessage.headerSize, length <= rest.count,
                let type: UInt16 = rest.dropFirst(4).number(), let flags: UInt16 = rest.dropFirst(6).number(),
                let sequence: UInt32 = rest.dropFirst(8).number(), let port: UInt32 = rest.dropFirst(12).number()
            else { return (messages, false) }
            let message = rest.prefix(Int(length))
            messages.append(
                NetlinkReply(
                    type: type, flags: flags, sequence: sequence, port: port,
                    payload: message.dropFirst(NetlinkMessage.headerSize)))
            rest = rest.dropFirst((Int(length) + 3) & ~3)
        }
        return (messages, true)
    }
}

/// A row of attributes, or one nested in another.
///
/// Reading ends at the first attribute whose length is a lie: what the kernel wrote has none.
public struct NetlinkAttributes: Sendable, Sequence, IteratorProtocol {
    /// A type and a value; what the value is, the family says.
    public struct Attribute: Sendable, Equatable {
        /// Without the marks for nesting and order.
        public var type: UInt16
        public var value: ArraySlice<UInt8>

        /// The number at its beginning, in the machine's order; nil when it is too short for one.
        public func number<Number: FixedWidthInteger>(as type: Number.Type = Number.self) -> Number? { value.number() }

        /// Up to the first 0; bytes that are no UTF-8 are replaced.
        public var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
        /// The value as attributes, whether it is marked so or not.
        public var nested: NetlinkAttributes { NetlinkAttributes(value) }
    }

    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Nil behind the last, and from the first on that is cut.
    public mutating func next() -> Attribute? {
        guard let length: UInt16 = rest.number(), length >= 4, length <= rest.count,
            let type: UInt16 = rest.dropFirst(2).number()
        else { return nil }
        let value = rest.prefix(Int(length)).dropFirst(4)
        rest = rest.dropFirst((Int(length) + 3) & ~3)
        return Attribute(type: type & 0x3fff, value: value)
    }

    /// The first of a type.
    public subscript(_ type: UInt16) -> Attribute? { first { $0.type == type } }
}

extension Collection<UInt8> {
    /// The number at the beginning, in the machine's order; nil when there are too few bytes.
    func number<Number: FixedWidthInteger>(as type: Number.Type = Number.self) -> Number? {
        let size = MemoryLayout<Number>.size
        guard count >= size else { return nil }
        var number = Number.zero
        withUnsafeMutableBytes(of: &number) { $0.copyBytes(from: prefix(size)) }
        return number
    }
}
