extension JSONValue {
    /// The document as text: on one line, or laid out with `indent` for each level.
    public func text(indent: String? = nil) -> String {
        String(decoding: bytes(indent: indent), as: UTF8.self)
    }

    /// The same in UTF-8, as a file takes it.
    public func bytes(indent: String? = nil) -> [UInt8] {
        var text: [UInt8] = []
        write(to: &text, indent: indent, depth: 0)
        return text
    }

    private func write(to text: inout [UInt8], indent: String?, depth: Int) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .integer(let value): text += String(value).utf8
        case .unsigned(let value): text += String(value).utf8
        case .real(let value): text += (value.isFinite ? String(value) : "null").utf8
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            Self.write(elements, between: "[", "]", to: &text, indent: indent, depth: depth) { element, text in
                element.write(to: &text, indent: indent, depth: depth + 1)
            }
        case .object(let members):
            Self.write(members, between: "{", "}", to: &text, indent: indent, depth: depth) { member, text in
                Self.write(member.name, to: &text)
                text += (indent == nil ? ":" : ": ").utf8
                member.value.write(to: &text, indent: indent, depth: depth + 1)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between open: String, _ close: String, to text: inout [UInt8], indent: String?,
        depth: Int, _ write: (Element, inout [UInt8]) -> Void
    ) {
        text += open.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { text += ",".utf8 }
            if let indent { text += ("\n" + String(repeating: indent, count: depth + 1)).utf8 }
            write(element, &text)
        }
        if let indent, !elements.isEmpty { text += ("\n" + String(repeating: indent, count: depth)).utf8 }
        text += close.utf8
    }

    /// RFC 8259, section 7: quotation mark, backslash and control characters are escaped, nothing else.
    private static func write(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        defer { text.append(UInt8(ascii: "\"")) }
        let isPlain = string.utf8.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
        if isPlain {
            text += string.utf8
            return
        }
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): text += "\\n".utf8
            case UInt8(ascii: "\r"): text += "\\r".utf8
            case UInt8(ascii: "\t"): text += "\\t".utf8
            case ..<0x20: text += ((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16)).utf8
            default: text.append(byte)
            }
        }
    }
}
