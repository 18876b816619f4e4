/// One netlink message as it goes to the kernel (netlink(7)): a header, the family's own fixed part, and attributes.
///
/// All numbers are in the machine's order unless a method says otherwise.
public struct NetlinkMessage: Sendable {
    /// Of linux/netlink.h: NLM_F_ constants.
    public struct Flags: OptionSet, Sendable {
        public let rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        public static let request = Flags(rawValue: 0x1)
        public static let multipart = Flags(rawValue: 0x2)
        public static let acknowledge = Flags(rawValue: 0x4)
        public static let dumpInterrupted = Flags(rawValue: 0x10)
        /// In an error: the echoed request is left out (NETLINK_CAP_ACK).
        public static let capped = Flags(rawValue: 0x100)
        /// In an error: attributes follow (NETLINK_EXT_ACK).
        public static let attributes = Flags(rawValue: 0x200)
        public static let dump = Flags(rawValue: 0x300)
        public static let replace = Flags(rawValue: 0x100)
        public static let exclusive = Flags(rawValue: 0x200)
        public static let create = Flags(rawValue: 0x400)
    }

    /// `struct nlmsghdr`: length, type, flags, sequence, port.
    static let headerSize = 16

    /// Of the family: RTM_, NFT_MSG_ and such constants.
    public let type: UInt16
    /// The socket adds those that a conversation needs.
    public private(set) var flags: Flags
    /// Everything behind the header.
    private var body: [UInt8]
    /// An attribute was longer than its 16-bit length can say: the message is not sent.
    private(set) var isTooLong = false

    /// - Parameter fixed: the family's own part, for example `struct ifinfomsg`; padded to 4 bytes.
    public init(type: UInt16, flags: Flags = [], fixed: [UInt8]) {
        self.type = type
        self.flags = flags
        body = fixed
        pad()
    }

    /// With the header, and what the socket adds to it.
    func bytes(sequence: UInt32, adding more: Flags) -> [UInt8] {
        var bytes = NativeBytes()
        bytes.add(UInt32(Self.headerSize + body.count))
        bytes.add(type)
        bytes.add(flags.union(more).rawValue)
        bytes.add(sequence)
        bytes.add(UInt32(0))
        return bytes.bytes + body
    }

    /// An attribute, padded to 4 bytes behind.
    public mutating func put(_ type: UInt16, bytes: some Collection<UInt8>) {
        nest(raw: type) { $0.body += bytes }
    }

    /// A number as wide as its type, in the machine's order.
    public mutating func put(_ type: UInt16, _ number: some FixedWidthInteger) {
        put(type, bytes: NativeBytes(number).bytes)
    }

    /// In network order.
    public mutating func put(_ type: UInt16, bigEndian number: some FixedWidthInteger) {
        put(type, number.bigEndian)
    }

    /// With the final 0.
    public mutating func put(_ type: UInt16, _ text: String) { put(type, bytes: Array(text.utf8) + [0]) }

    /// Without content: its presence says it.
    public mutating func put(_ type: UInt16) { put(type, bytes: []) }

    /// An attribute of attributes.
    ///
    /// - Parameter marked: NLA_F_NESTED is set, which newer kernel interfaces want and older ones do not mind.
    public mutating func nest(_ type: UInt16, marked: Bool = true, _ content: (inout NetlinkMessage) -> Void) {
        nest(raw: marked ? type | 0x8000 : type, content)
    }

    /// A fixed part inside an attribute, for example the `struct ifinfomsg` of a veth's other end.
    public mutating func append(fixed: [UInt8]) {
        body += fixed
        pad()
    }

    private mutating func nest(raw type: UInt16, _ content: (inout NetlinkMessage) -> Void) {
        let start = body.count
        body += [0, 0] + NativeBytes(type).bytes
        content(&self)
        guard let length = UInt16(exactly: body.count - start) else {
            isTooLong = true
            return
        }
        body.replaceSubrange(start..<start + 2, with: NativeBytes(length).bytes)
        pad()
    }

    private mutating func pad() {
        while body.count % 4 != 0 { body.append(0) }
    }
}

/// Numbers as the machine keeps them, one behind the other: what C's structures are made of.
public struct NativeBytes: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}
    public init(_ number: some FixedWidthInteger) { add(number) }

    /// As wide as its type; nothing is put between two numbers, so that C's padding is the caller's to add.
    public mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number) { bytes += $0 }
    }
}
