/// `berth-oci`: the command line that podman, containerd and others run containers with.
public enum Tool {
    /// The exit code of a command line, without the program's name.
    public static func run(_ words: [String]) -> Int32 {
        do throws(UsageError) {
            let global = try Arguments(words, options: GlobalOptions.options, end: .firstOperand)
            if global.has("version") { return print(Help.version) }
            guard let name = global.operands.first, name != "help", !global.has("help") else {
                return print(Help.text())
            }
            guard let verb = Verb.all.first(where: { $0.name == name }) else {
                throw UsageError("there is no command \"\(name)\"; berth-oci --help lists them")
            }
            return run(verb, global, global.operands.dropFirst())
        } catch {
            StandardError.write("berth-oci: \(error)\n")
            return 1
        }
    }

    private static func run(_ verb: Verb, _ global: Arguments, _ words: ArraySlice<String>) -> Int32 {
        var log = Log.standardError
        do throws(Failure) {
            let options = try GlobalOptions(global)
            log = try Log(options)
            try GlobalOptions.check(global)
            let own = verb.options + [.flag("help", "h", "show this help")]
            let arguments = try usage { () throws(UsageError) in try Arguments(words, options: own, end: verb.end) }
            if arguments.has("help") { return print(Help.text(of: verb)) }
            guard verb.count.contains(arguments.operands.count) else {
                throw Failure(
                    "\(verb.name) takes \(verb.operands.isEmpty ? "no arguments" : verb.operands), not "
                        + "\"\(arguments.operands.joined(separator: " "))\"; berth-oci \(verb.name) --help tells more")
            }
            if verb.clones { try Sealing.carryOut() }
            return try verb.run(Invocation(global: options, arguments: arguments, log: log))
        } catch {
            log.failure(error.description)
            return error.exitCode
        }
    }

    private static func print(_ text: String) -> Int32 {
        StandardOutput.write(text)
        return 0
    }
}
