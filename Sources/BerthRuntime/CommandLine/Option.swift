/// An option as a verb takes it: `--name`, `-name`, `--name=value` or `--name value`, as Go's programs have it.
struct Option: Equatable {
    enum Kind: Equatable {
        case flag
        /// What the help calls the value.
        case value(String)
    }

    var name: String
    /// A short name, or an older one.
    var alias: String?
    var kind: Kind
    var help: String

    static func flag(_ name: String, _ alias: String? = nil, _ help: String) -> Option {
        Option(name: name, alias: alias, kind: .flag, help: help)
    }

    static func value(_ name: String, _ alias: String? = nil, as value: String, _ help: String) -> Option {
        Option(name: name, alias: alias, kind: .value(value), help: help)
    }

    /// The left column of the help.
    var heading: String {
        let names = [name, alias].compactMap { $0 }.map { ($0.count == 1 ? "-" : "--") + $0 }
        switch kind {
        case .flag: return names.joined(separator: ", ")
        case .value(let value): return names.map { "\($0) \(value)" }.joined(separator: ", ")
        }
    }
}

/// A command line that cannot be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
