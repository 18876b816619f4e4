import Foundation

/// The text that is being written, and the objects and arrays that are open at its end.
final class JSONText {
    // No access to these two goes on while another begins: nothing in here calls out. Checking that would be a tenth of
    // the time.
    @exclusivity(unchecked) private(set) var bytes: [UInt8] = []
    @exclusivity(unchecked) private var open: [Open] = []
    /// Of objects and arrays so far.
    private var count = 0
    /// The first error where none could be thrown.
    private(set) var fault: (any Error)?
    private let dates: JSONWriter.Dates
    private let sortsMembers: Bool

    /// An object or array whose end is not written yet.
    private struct Open {
        let number: Int
        let isObject: Bool
        var isEmpty = true
        /// Where its members begin, if they are to be sorted.
        var members: [(name: String, start: Int)] = []
    }

    /// Which of the open objects and arrays is meant.
    struct Place {
        fileprivate let depth: Int
        fileprivate let number: Int
    }

    init(dates: JSONWriter.Dates, sortsMembers: Bool) {
        self.dates = dates
        self.sortsMembers = sortsMembers
        bytes.reserveCapacity(2048)
        open.reserveCapacity(8)
    }

    // MARK: Objects and arrays

    /// How many are open.
    var depth: Int { open.count }

    /// Begins an object or array inside of what is open at `depth`; a value that asks for a second one goes on with its
    /// first.
    func begin(object isObject: Bool, at depth: Int) -> Place {
        if open.count > depth, open[depth].isObject == isObject {
            close(to: depth + 1)
            return Place(depth: depth, number: open[depth].number)
        }
        count += 1
        open.append(Open(number: count, isObject: isObject))
        bytes.append(isObject ? UInt8(ascii: "{") : UInt8(ascii: "["))
        return Place(depth: open.count - 1, number: count)
    }

    /// Ends what is open deeper than `depth`.
    func close(to depth: Int) {
        while open.count > depth, let last = open.popLast() {
            if sortsMembers { sort(last.members) }
            bytes.append(last.isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"))
        }
    }

    /// Begins an element of an array.
    func beginElement(of place: Place) throws {
        try resume(place)
        if open[place.depth].isEmpty { open[place.depth].isEmpty = false } else { bytes.append(UInt8(ascii: ",")) }
    }

    /// Begins a member of an object.
    func beginMember(_ name: String, of place: Place) throws {
        try beginElement(of: place)
        if sortsMembers { open[place.depth].members.append((name, bytes.count)) }
        append(text: name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Does what may fail where nothing can be thrown: the text as a whole fails then.
    func keepingFault(_ body: () throws -> Void) {
        do { try body() } catch { fault = fault ?? error }
    }

    private func resume(_ place: Place) throws {
        guard open.count > place.depth, open[place.depth].number == place.number else {
            throw JSONText.refused(place, "what is around it has gone on since it was begun")
        }
        close(to: place.depth + 1)
    }

    /// Puts the members of the object at the end of the text in order. Commas are between them, wherever they go.
    private func sort(_ members: [(name: String, start: Int)]) {
        guard let first = members.first else { return }
        let ends = members.dropFirst().map { $0.start - 1 } + [bytes.count]
        let sorted = zip(members, ends).sorted { $0.0.name < $1.0.name }
        let unsorted = bytes[first.start...]
        bytes.removeSubrange(first.start...)
        for (member, end) in sorted {
            if bytes.count > first.start { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: unsorted[member.start..<end])
        }
    }

    static func refused(_ value: Any, _ reason: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: [], debugDescription: reason))
    }
}

// MARK: Values

extension JSONText {
    func appendNull() { append(raw: "null") }

    /// Writes a value where one is due.
    func append<Value: Encodable>(_ value: Value) throws {
        if let text = same(value, String.self) { return append(text: text) }
        if let number = same(value, Int.self) { return append(raw: String(number)) }
        if let truth = same(value, Bool.self) { return append(raw: truth ? "true" : "false") }
        if let date = same(value, Date.self) { return try append(date: date) }
        if let number = same(value, Double.self) { return try append(number: number) }
        if let data = same(value, Data.self) { return append(text: data.base64EncodedString()) }
        if let number = same(value, Float.self) { return try append(number: number) }
        if let number = same(value, Int64.self) { return append(raw: String(number)) }
        if let number = same(value, UInt64.self) { return append(raw: String(number)) }
        if let number = same(value, UInt32.self) { return append(raw: String(number)) }
        if let number = same(value, UInt16.self) { return append(raw: String(number)) }
        if let number = same(value, UInt8.self) { return append(raw: String(number)) }
        if let number = same(value, Int32.self) { return append(raw: String(number)) }
        if let number = same(value, UInt.self) { return append(raw: String(number)) }
        if let number = same(value, Int16.self) { return append(raw: String(number)) }
        if let number = same(value, Int8.self) { return append(raw: String(number)) }
        if let number = same(value, Int128.self) { return append(raw: String(number)) }
        if let number = same(value, UInt128.self) { return append(raw: String(number)) }
        let (depth, length) = (depth, bytes.count)
        try value.encode(to: JSONStream(text: self, depth: depth))
        close(to: depth)
        // What writes nothing is an object without members.
        if bytes.count == length { append(raw: "{}") }
    }

    /// A value as the type that it is; nil if it is another. One comparison, where a cast would search for conformances,
    /// if it is compiled in place: in a function of its own it would have to look up what `Other?` is.
    @inline(__always)
    private func same<Value, Other>(_ value: Value, _ type: Other.Type) -> Other? {
        // The types are the same, so is what they are made of.
        Value.self == type ? unsafeBitCast(value, to: type) : nil
    }

    private func append(date: Date) throws {
        switch dates {
        case .secondsSince2001: try append(number: date.timeIntervalSinceReferenceDate)
        case .secondsSince1970: try append(number: (date.timeIntervalSince1970 * 1000).rounded() / 1000)
        }
    }

    /// The shortest digits that give the number again; JSON knows no others than finite ones.
    @inline(__always)
    private func append(number: some BinaryFloatingPoint & LosslessStringConvertible) throws {
        guard number.isFinite else { throw Self.refused(number, "JSON has no number for it") }
        let digits = number.description
        append(raw: digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits)
    }

    /// In quotation marks, with what must be escaped (RFC 8259, section 7).
    private func append(text: String) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            var rest = text[...]
            while let index = rest.firstIndex(where: Self.isEscaped) {
                bytes.append(contentsOf: rest[..<index])
                append(escaped: rest[index])
                rest = rest[(index + 1)...]
            }
            bytes.append(contentsOf: rest)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private func append(escaped byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append(raw: #"\""#)
        case UInt8(ascii: "\\"): append(raw: #"\\"#)
        case 0x08: append(raw: #"\b"#)
        case 0x09: append(raw: #"\t"#)
        case 0x0A: append(raw: #"\n"#)
        case 0x0C: append(raw: #"\f"#)
        case 0x0D: append(raw: #"\r"#)
        default: append(raw: (byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16))
        }
    }

    private func append(raw text: String) { bytes.append(contentsOf: text.utf8) }
}
