/// The grammar of image references, byte by byte; a grammar this small needs no regular expressions.
enum ReferenceGrammar {
    /// Parts a domain from what follows it; nil if the text begins with a path.
    static func splitDomain(_ text: Substring) -> (domain: String?, rest: Substring) {
        guard let slash = text.firstIndex(of: "/") else { return (nil, text) }
        let first = text[..<slash]
        let looksLikeHost =
            first.contains(".") || first.contains(":") || first == "localhost" || first.utf8.contains { isUpper($0) }
        return looksLikeHost ? (String(first), text[text.index(after: slash)...]) : (nil, text)
    }

    /// A host name, an IPv4 address or a bracketed IPv6 address, and an optional port.
    static func isDomain(_ text: String) -> Bool {
        var host = text[...]
        var port: Substring?
        if host.hasPrefix("[") {
            guard let bracket = host.firstIndex(of: "]") else { return false }
            let tail = host[host.index(after: bracket)...]
            if !tail.isEmpty {
                guard tail.hasPrefix(":") else { return false }
                port = tail.dropFirst()
            }
            let address = host[..<bracket].dropFirst()
            guard address.contains(":"), address.utf8.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") })
            else {
                return false
            }
        } else {
            if let colon = host.firstIndex(of: ":") {
                port = host[host.index(after: colon)...]
                host = host[..<colon]
            }
            guard host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isHostLabel) else {
                return false
            }
        }
        guard let port else { return true }
        return (1...5).contains(port.utf8.count) && port.utf8.allSatisfy(isDigit) && UInt16(port) != nil
    }

    private static func isHostLabel(_ label: Substring) -> Bool {
        guard let first = label.utf8.first, let last = label.utf8.last else { return false }
        let dash = UInt8(ascii: "-")
        return first != dash && last != dash
            && label.utf8.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || $0 == dash }
    }

    /// Components of lower-case letters and digits, parted inside by one '.', one or two '_', or any number of '-'.
    static func isPath(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isPathComponent)
    }

    private static func isPathComponent(_ component: Substring) -> Bool {
        var separator: [UInt8] = []
        var isFirst = true
        for byte in component.utf8 {
            if isLower(byte) || isDigit(byte) {
                guard isFirst ? separator.isEmpty : isSeparator(separator) else { return false }
                separator = []
                isFirst = false
            } else {
                separator.append(byte)
            }
        }
        return !isFirst && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return true }
        return bytes == Array(".".utf8) || bytes == Array("_".utf8) || bytes == Array("__".utf8)
            || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }

    static func isTag(_ tag: String) -> Bool {
        guard (1...128).contains(tag.utf8.count), let first = tag.utf8.first else { return false }
        let isWord = { (byte: UInt8) in isLower(byte) || isUpper(byte) || isDigit(byte) || byte == UInt8(ascii: "_") }
        return isWord(first)
            && tag.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte)
    }
}
