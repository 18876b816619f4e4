/// What a part of the command line says: options, then what stands beside them.
///
/// A parser of its own: the argument parser package needs Foundation, which costs 2 ms at each start.
struct Arguments: Equatable {
    private var values: [String: [String]] = [:]
    /// What is no option, in order.
    private(set) var operands: [String] = []

    /// Where options end.
    enum End {
        /// At the first operand: it and what follows are operands.
        case firstOperand
        /// At `--` or nowhere.
        case anywhere
    }

    init(_ words: some Sequence<String>, options: [Option], end: End) throws(UsageError) {
        var words = Array(words)[...]
        while let word = words.popFirst() {
            if word == "--" {
                operands += words
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                if end == .anywhere { continue }
                operands += words
                return
            }
            try take(word, options, &words)
        }
    }

    private mutating func take(
        _ word: String, _ options: [Option], _ words: inout ArraySlice<String>
    ) throws(UsageError) {
        let parts = word.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let option = options.first(where: { $0.name == name || $0.alias == name }) else {
            throw UsageError("there is no option \(word)")
        }
        var value = parts.count > 1 ? String(parts[1]) : nil
        switch option.kind {
        case .flag:
            value = value ?? "true"
            guard value == "true" || value == "false" else {
                throw UsageError("option --\(option.name) is true or false, not \"\(value ?? "")\"")
            }
        case .value:
            value = value ?? words.popFirst()
            if value == nil { throw UsageError("option --\(option.name) needs a value") }
        }
        values[option.name, default: []].append(value ?? "")
    }

    /// The last value that was given.
    subscript(name: String) -> String? { values[name]?.last }

    /// All values of an option that may come again.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func has(_ flag: String) -> Bool { self[flag] == "true" }

    /// A whole number; nil when the option was not given.
    func integer<Integer: FixedWidthInteger>(
        _ name: String, _ type: Integer.Type = Integer.self
    ) throws(UsageError) -> Integer? {
        guard let text = self[name] else { return nil }
        if let number = Integer(text) { return number }
        throw UsageError("option --\(name) is a whole number, not \"\(text)\"")
    }
}
