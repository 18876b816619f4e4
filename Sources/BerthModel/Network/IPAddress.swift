/// An IPv4 address; `192.0.2.7` as text.
public struct IPv4Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As a number, the first byte highest.
    public var number: UInt32

    public init(_ number: UInt32) { self.number = number }

    /// Nil for anything but four decimal numbers up to 255, without leading zeros (RFC 6943, section 3.1.1).
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard let byte = UInt8(part), String(byte) == part else { return nil }
            number = number << 8 | UInt32(byte)
        }
        self.number = number
    }

    /// In network order.
    public var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }
    public var description: String {
        var text = AddressText(capacity: 15)
        text.put(bytes.lazy.map(UInt16.init), radix: 10, separator: ".")
        return text.string
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// An IPv6 address; `2001:db8::7` as text (RFC 5952).
public struct IPv6Address: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// As a number, the first byte highest.
    public var number: UInt128

    public init(_ number: UInt128) { self.number = number }

    /// Nil for anything but eight groups, or fewer with one `::` (RFC 4291, section 2.2); no zone, no embedded IPv4.
    public init?(_ text: some StringProtocol) {
        let (head, tail) = Self.aroundGap(text)
        guard let first = Self.groups(head), let last = Self.groups(tail ?? "") else { return nil }
        let missing = 8 - first.count - last.count
        guard tail == nil ? missing == 0 : missing >= 1 else { return nil }
        number = (first + Array(repeating: 0, count: missing) + last).reduce(0) { $0 << 16 | UInt128($1) }
    }

    /// In network order.
    public var bytes: [UInt8] { (0..<16).map { UInt8(truncatingIfNeeded: number >> (120 - 8 * $0)) } }

    public var description: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: number >> (112 - 16 * $0)) }
        var text = AddressText(capacity: 39)
        if let zeros = Self.longestZeros(groups) {
            text.put(groups[..<zeros.lowerBound], radix: 16, separator: ":")
            text.put(":")
            text.put(":")
            text.put(groups[zeros.upperBound...], radix: 16, separator: ":")
        } else {
            text.put(groups, radix: 16, separator: ":")
        }
        return text.string
    }

    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    /// The first of the longest runs of at least two zero groups.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = max(end, start) + 1
        }
        return longest
    }

    /// What stands before and behind the first `::`; nothing behind where there is none.
    private static func aroundGap(_ text: some StringProtocol) -> (String, String?) {
        var rest = Substring(text)
        while let colon = rest.firstIndex(of: ":") {
            let behind = rest.index(after: colon)
            rest = rest[behind...]
            if rest.first == ":" { return (String(text[..<colon]), String(rest.dropFirst())) }
        }
        return (String(text), nil)
    }

    private static func groups(_ text: String) -> [UInt16]? {
        if text.isEmpty { return [] }
        var groups: [UInt16] = []
        for piece in text.split(separator: ":", omittingEmptySubsequences: false) {
            guard (1...4).contains(piece.utf8.count), piece.allSatisfy(\.isHexDigit),
                let group = UInt16(piece, radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups
    }
}

/// An Ethernet address; `02:42:0a:d5:00:02` as text.
public struct MACAddress: Hashable, Sendable, CustomStringConvertible {
    /// The lower 48 bits.
    public var number: UInt64

    /// The upper 16 bits do not count.
    public init(_ number: UInt64) { self.number = number & 0xffff_ffff_ffff }

    /// Nil for anything but six pairs of hexadecimal digits with colons between them.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }) else {
            return nil
        }
        number = parts.reduce(0) { $0 << 8 | (UInt64($1, radix: 16) ?? 0) }
    }

    /// In the order of the wire.
    public var bytes: [UInt8] { (0..<6).map { UInt8(truncatingIfNeeded: number >> (40 - 8 * $0)) } }
    public var description: String {
        var text = AddressText(capacity: 17)
        text.put(bytes.lazy.map(UInt16.init), radix: 16, separator: ":", digits: 2)
        return text.string
    }
}
