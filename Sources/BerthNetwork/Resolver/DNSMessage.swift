import BerthModel

/// A message of the domain name system as far as a resolver of this kind has to understand it (RFC 1035, section 4).
struct DNSMessage: Equatable, Sendable {
    var id: UInt16
    var isResponse = false
    /// 0 is a query; others are not answered.
    var operation: UInt8 = 0
    var isAuthoritative = false
    /// More than fits: to be asked again over TCP.
    var isTruncated = false
    var wantsRecursion = false
    var offersRecursion = false
    var code = Code.ok
    var questions: [Question] = []
    var answers: [Record] = []
    /// The size that the sender takes over UDP (RFC 6891); nil without EDNS.
    var payloadSize: UInt16?

    struct Question: Hashable, Sendable {
        var name: DomainName
        var type: RecordType
        /// 1 is the Internet.
        var kind: UInt16 = 1
    }

    struct RecordType: RawRepresentable, Hashable, Sendable {
        var rawValue: UInt16
        static let a = RecordType(rawValue: 1)
        static let soa = RecordType(rawValue: 6)
        static let pointer = RecordType(rawValue: 12)
        static let aaaa = RecordType(rawValue: 28)
        static let options = RecordType(rawValue: 41)
        static let any = RecordType(rawValue: 255)
    }

    struct Code: RawRepresentable, Hashable, Sendable {
        var rawValue: UInt8
        static let ok = Code(rawValue: 0)
        static let malformed = Code(rawValue: 1)
        static let serverFailure = Code(rawValue: 2)
        static let noName = Code(rawValue: 3)
        static let notImplemented = Code(rawValue: 4)
        static let refused = Code(rawValue: 5)
    }

    /// One that Berth itself answers with.
    struct Record: Equatable, Sendable {
        enum Content: Equatable, Sendable {
            case a(IPv4Address)
            case aaaa(IPv6Address)
            case pointer(DomainName)
        }
        var name: DomainName
        /// Seconds.
        var lifetime: UInt32
        var content: Content
    }

    init(id: UInt16) { self.id = id }

    /// An answer to a query: its id and question, its wish for recursion.
    init(answering query: DNSMessage, code: Code = .ok) {
        id = query.id
        isResponse = true
        wantsRecursion = query.wantsRecursion
        offersRecursion = true
        self.code = code
        questions = query.questions
        payloadSize = query.payloadSize == nil ? nil : UInt16(Self.ownPayloadSize)
    }

    /// What goes over UDP without EDNS (RFC 1035, section 2.3.4), and what Berth takes with it: no fragments on any link
    /// (RFC 9715).
    static let plainPayloadSize = 512
    static let ownPayloadSize = 1232
    static let headerSize = 12
}
