import BerthModel

/// The term patterns of FilterLogEvents (CloudWatch Logs user guide, "Filter pattern syntax"): terms and quoted phrases
/// that must all be there, `-` before those that must not, `?` before those of which one is enough.
///
/// Terms are found anywhere in a line, with regard to case. Terms with `?` have no effect beside others, as on AWS.
struct FilterPattern: Equatable, Sendable {
    private(set) var all: [String] = []
    private(set) var none: [String] = []
    private(set) var any: [String] = []

    init(_ text: String) throws(ServiceError) {
        let text = text.trimmed
        if let kind = Self.unsupported[text.first ?? " "] {
            throw .invalidParameter(
                "Invalid filter pattern: \(kind) are not supported yet. "
                    + "Use terms and \"quoted phrases\", with - or ? before them."
            )
        }
        var rest = text[...]
        while let first = rest.first {
            if first == " " {
                rest.removeFirst()
                continue
            }
            let sign = first == "-" || first == "?" ? rest.removeFirst() : nil
            let term: Substring
            if rest.first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: "\"") else {
                    throw .invalidParameter("Invalid filter pattern: a quotation mark is not closed.")
                }
                term = rest[..<end]
                rest = rest[rest.index(after: end)...]
            } else {
                term = rest.prefix { $0 != " " }
                rest = rest.dropFirst(term.count)
            }
            guard !term.isEmpty else { throw .invalidParameter("Invalid filter pattern: a term is empty.") }
            switch sign {
            case "-": none.append(String(term))
            case "?": any.append(String(term))
            default: all.append(String(term))
            }
        }
        if !all.isEmpty || !none.isEmpty { any = [] }
    }

    private static let unsupported: [Character: String] = [
        "{": "JSON patterns", "[": "space-delimited patterns", "%": "regular expressions",
    ]

    func matches(_ line: [UInt8]) -> Bool {
        func has(_ term: String) -> Bool { line.contains(term.utf8) }
        return all.allSatisfy(has) && !none.contains(where: has) && (any.isEmpty || any.contains(where: has))
    }
}

extension [UInt8] {
    /// Whether the bytes of `text` are somewhere among these, in order.
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        let text = Array(text)
        guard let first = text.first, count >= text.count else { return text.isEmpty }
        var place = startIndex
        while place <= endIndex - text.count, let start = self[place...(endIndex - text.count)].firstIndex(of: first) {
            if self[start..<(start + text.count)].elementsEqual(text) { return true }
            place = start + 1
        }
        return false
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()) }
}
