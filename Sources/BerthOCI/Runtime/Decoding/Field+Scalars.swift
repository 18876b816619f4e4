extension Field {
    /// A text without a NUL, which the kernel would take for its end; nil when it is absent.
    public func string() throws(SpecError) -> String? {
        guard let value else { return nil }
        guard case .string(let text) = value else { throw wrongType("a string") }
        if text.utf8.contains(0) { throw error("must not contain a NUL character", "remove it") }
        return text
    }

    /// A text that must be there and say something.
    public func requiredString() throws(SpecError) -> String {
        guard let text = try string() else { throw missing }
        if text.isEmpty { throw error("must not be empty", "the runtime specification requires a value") }
        return text
    }

    /// Texts as ``string()`` has them; none when it is absent, and none of them may be.
    public func strings() throws(SpecError) -> [String] {
        try list { (element) throws(SpecError) in
            guard let text = try element.string() else { throw element.missing }
            return text
        }
    }

    /// A map from names to texts.
    public func stringMap() throws(SpecError) -> [(name: String, value: String)] {
        var map: [(String, String)] = []
        for (name, field) in try entries() {
            guard let text = try field.string() else { throw field.missing }
            map.append((name, text))
        }
        return map
    }

    /// False when it is absent.
    public func flag() throws(SpecError) -> Bool { try bool() ?? false }

    /// Nil when it is absent.
    public func bool() throws(SpecError) -> Bool? {
        guard let value else { return nil }
        guard case .bool(let answer) = value else { throw wrongType("true or false") }
        return answer
    }

    /// A whole number of the type's range, or of a narrower one; nil when it is absent.
    public func integer<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self, in range: ClosedRange<Integer>? = nil
    ) throws(SpecError) -> Integer? {
        guard let value else { return nil }
        let range = range ?? Integer.min...Integer.max
        let number: Integer?
        switch value {
        case .integer(let whole): number = Integer(exactly: whole)
        case .unsigned(let whole): number = Integer(exactly: whole)
        // Go's encoders write large whole numbers as 1e+06.
        case .real(let real): number = Integer(exactly: real)
        default: throw wrongType("a whole number")
        }
        guard let number, range.contains(number) else {
            throw error(
                "must be a whole number from \(range.lowerBound) to \(range.upperBound)", "write one of that range")
        }
        return number
    }

    /// As ``integer(_:in:)``, of a field that must be there.
    public func requiredInteger<Integer: FixedWidthInteger>(
        _ type: Integer.Type = Integer.self, in range: ClosedRange<Integer>? = nil
    ) throws(SpecError) -> Integer {
        guard let number = try integer(type, in: range) else { throw missing }
        return number
    }

    /// One of the words that a string enumeration knows; nil when the field is absent.
    public func word<Word: RawRepresentable & CaseIterable>(
        _ type: Word.Type = Word.self
    ) throws(SpecError) -> Word? where Word.RawValue == String {
        guard let text = try string() else { return nil }
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
        throw error("is not a word that Berth knows here", "write one of: \(known)")
    }

    /// As ``word(_:)``, of a field that must be there.
    public func requiredWord<Word: RawRepresentable & CaseIterable>(
        _ type: Word.Type = Word.self
    ) throws(SpecError) -> Word where Word.RawValue == String {
        guard let word = try word(type) else { throw missing }
        return word
    }

    /// An absolute path without `..`, nil when it is absent.
    func absolutePath() throws(SpecError) -> String? {
        guard let path = try string() else { return nil }
        guard path.hasPrefix("/") else { throw error("must be an absolute path", "begin it with \"/\"") }
        return path
    }
}
