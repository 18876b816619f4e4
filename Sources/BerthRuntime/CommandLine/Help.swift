import BerthOCI

/// The texts of `--help` and `--version`.
enum Help {
    static let version = """
        berth-oci version 0.1.0
        spec: \(SpecificationVersion.newest)

        """

    static func text() -> String {
        """
        berth-oci - runs containers as the OCI runtime specification describes them

        USAGE:
           berth-oci [global options] command [command options] [arguments...]

        COMMANDS:
        \(table(Verb.all.map { ($0.name, $0.summary) }))

        GLOBAL OPTIONS:
        \(table(GlobalOptions.options.map { ($0.heading, $0.help) }))

        """
    }

    static func text(of verb: Verb) -> String {
        let usage = ["berth-oci", verb.name, verb.options.isEmpty ? "" : "[options]", verb.operands]
        var text = """
            berth-oci \(verb.name) - \(verb.summary)

            USAGE:
               \(usage.filter { !$0.isEmpty }.joined(separator: " "))

            """
        if !verb.options.isEmpty {
            text += "\nOPTIONS:\n\(table(verb.options.map { ($0.heading, $0.help) }))\n"
        }
        return text
    }

    private static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).max() ?? 0
        return rows.map { "   \($0.0)\(String(repeating: " ", count: width - $0.0.count + 2))\($0.1)" }
            .joined(separator: "\n")
    }
}
