/// One of the things that `berth-oci` does.
struct Verb: Sendable {
    var name: String
    /// What stands behind the options, for the help.
    var operands: String
    var summary: String
    var options: [Option] = []
    var end = Arguments.End.anywhere
    /// How many operands it takes.
    var count: ClosedRange<Int> = 1...1
    var run: @Sendable (Invocation) throws(Failure) -> Int32

    /// Whether it makes a process that enters a container.
    var clones: Bool { ["create", "exec", "run"].contains(name) }

    static let all: [Verb] = [
        .create, .delete, .events, .exec, .features, .kill, .list, .pause, .ps, .resume, .run, .spec, .start, .state,
        .update,
    ]
}

/// A verb as it was called.
struct Invocation {
    var global: GlobalOptions
    var arguments: Arguments
    var log: Log

    /// The container's name, which is the first operand; the parser has counted them.
    func id() throws(Failure) -> ContainerID { try ContainerID(arguments.operands.first ?? "") }

    /// The container that the first operand names.
    func container() throws(Failure) -> StoredContainer {
        try StateDirectory(global.root).container(try id())
    }
}
