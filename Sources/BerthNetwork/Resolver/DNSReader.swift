/// Reads a message from its bytes. Whatever they say, it stays inside them, and ends.
struct DNSReader {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() throws(DNSFault) -> UInt8 {
        guard offset < bytes.count else { throw .cut }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func number16() throws(DNSFault) -> UInt16 { UInt16(try byte()) << 8 | UInt16(try byte()) }

    mutating func number32() throws(DNSFault) -> UInt32 { UInt32(try number16()) << 16 | UInt32(try number16()) }

    /// Pointers that one name may follow: no sender needs more than one.
    static let mostHops = 16

    /// Passes over a name; a pointer ends it, and where it leads is of no interest.
    mutating func skipName() throws(DNSFault) {
        while true {
            let head = Int(try byte())
            switch head {
            case 0: return
            case 1...DomainName.longestLabel: try skip(head)
            case 0xC0...: return try skip(1)
            default: throw .labelType
            }
        }
    }

    mutating func skip(_ count: Int) throws(DNSFault) {
        guard count <= bytes.count - offset else { throw .cut }
        offset += count
    }

    /// A name, with the pointers of RFC 1035, section 4.1.4. Each must point before where it stands and before the last,
    /// so that there is no way in a circle; and there are few, so that a message of pointers does not take its square.
    mutating func name() throws(DNSFault) -> DomainName {
        var labels: [[UInt8]] = []
        var length = 1
        var place = offset
        var end: Int?
        var floor = offset
        var hops = 0
        while true {
            guard place < bytes.count else { throw .cut }
            let head = Int(bytes[place])
            switch head {
            case 0:
                offset = end ?? place + 1
                guard let name = DomainName(labels: labels) else { throw .longName }
                return name
            case 1...DomainName.longestLabel:
                guard place + 1 + head <= bytes.count else { throw .cut }
                length += head + 1
                guard length <= DomainName.longest else { throw .longName }
                labels.append(Array(bytes[place + 1..<place + 1 + head]))
                place += head + 1
            case 0xC0...:
                guard place + 1 < bytes.count else { throw .cut }
                let target = (head & 0x3F) << 8 | Int(bytes[place + 1])
                hops += 1
                guard target < floor, hops <= Self.mostHops else { throw .loop }
                end = end ?? place + 2
                floor = target
                place = target
            default: throw .labelType
            }
        }
    }
}

/// Why bytes are no message.
enum DNSFault: Error, Equatable, Sendable {
    /// They end too early.
    case cut
    /// A name of more than 255 bytes.
    case longName
    /// A pointer that does not point back, or one too many.
    case loop
    /// A label of a kind that there is no more (RFC 6891, section 5).
    case labelType
}
