import BerthOCI

extension Verb {
    static let list = Verb(
        name: "list", operands: "", summary: "show all containers",
        options: [
            .value("format", "f", as: "FORMAT", "\"table\" or \"json\" (default: \"table\")"),
            .flag("quiet", "q", "show names only"),
        ], count: 0...0
    ) { invocation throws(Failure) in
        let format = try OutputFormat(invocation.arguments)
        let root = StateDirectory(invocation.global.root)
        var states: [JSONValue] = []
        for id in try root.ids() {
            // One that another command deletes meanwhile, or that was never created whole, is not shown.
            do throws(Failure) {
                guard let container = try root.find(id), let record = try container.record() else { continue }
                states.append(container.state(record))
            } catch {
                invocation.log.warning("container \(id) is not shown: \(error)")
            }
        }
        if invocation.arguments.has("quiet") {
            for state in states { StandardOutput.write(text(state, "id") + "\n") }
        } else if format == .json {
            StandardOutput.write(states.isEmpty ? "null\n" : JSONValue.array(states).text() + "\n")
        } else {
            let names = ["id", "pid", "status", "bundle", "created", "owner"]
            let rows = states.map { state in names.map { text(state, $0) } }
            StandardOutput.write(Table(rows: [names.map { $0.uppercased() }] + rows).text)
        }
        return 0
    }

    private static func text(_ state: JSONValue, _ name: String) -> String {
        switch state[name] {
        case .string(let text): text
        case .integer(let number): String(number)
        default: ""
        }
    }
}

/// How `list` and `ps` print.
enum OutputFormat: String {
    case table
    case json

    init(_ arguments: Arguments) throws(Failure) {
        guard let format = Self(rawValue: arguments["format"] ?? "table") else {
            throw Failure("option --format is \"table\" or \"json\", not \"\(arguments["format"] ?? "")\"")
        }
        self = format
    }
}
