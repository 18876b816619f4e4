import BerthUnpack

/// `user`, `uid`, `user:group`, `uid:gid` and their mixtures, as task definitions and image configurations write them.
///
/// The grammar is narrow because others' wide ones became root: a number that overflowed (CVE-2024-40635), a number
/// that was looked up as a name (CVE-2026-46680).
struct UserSpecification: Equatable, Sendable {
    enum Identity: Equatable, Sendable {
        /// 0 to 4294967294; never looked up as a name.
        case number(UInt32)
        case name(String)
    }

    let user: Identity
    /// Nil if only a user was given.
    let group: Identity?

    /// Reads a specification; the empty one is root.
    init(_ text: String) throws(ImageError) {
        guard !text.isEmpty else {
            (user, group) = (.number(0), nil)
            return
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = try Self.identity(parts[0], in: text)
        group = parts.count > 1 ? try Self.identity(parts[1], in: text) : nil
    }

    private static func identity(_ part: Substring, in text: String) throws(ImageError) -> Identity {
        let bytes = part.utf8
        if !bytes.isEmpty && bytes.allSatisfy(isDigit) {
            guard let number = ID.parse(part) else {
                throw refusal(text, "\(part.prefix(30)) is larger than 4294967294")
            }
            return .number(number)
        }
        // A sign or a 0x looks like a number, and to some parsers is one.
        let looksNumeric = part.lowercased().hasPrefix("0x")
        guard let first = bytes.first, isLetter(first) || isDigit(first) || first == UInt8(ascii: "_"), !looksNumeric,
            bytes.count <= 256,
            bytes.allSatisfy({ isLetter($0) || isDigit($0) || "_.@$-".utf8.contains($0) })
        else {
            throw refusal(text, "a user or group is a name, or a decimal number without a sign")
        }
        return .name(String(part))
    }

    private static func refusal(_ text: String, _ reason: String) -> ImageError {
        ImageError(.invalidUser, "\"\(Printable.text(text))\" is no user: \(reason)")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}

/// User and group ids.
enum ID {
    /// Decimal digits only, up to 4294967294; the id above is the kernel's "none".
    static func parse(_ text: some StringProtocol) -> UInt32? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = UInt32(text), number != .max
        else { return nil }
        return number
    }
}
