/// A document of the runtime specification that cannot be carried out: which field, what it says, and what to do.
public struct SpecError: Error, Equatable, Sendable, CustomStringConvertible {
    /// For example `linux.resources.memory.limit` or `mounts[3].options[0]`; empty for the document itself.
    public var field: String
    /// What stands there, as JSON; nil when nothing does.
    public var value: String?
    /// What is wrong with it, in words that follow the field's name.
    public var problem: String
    /// What to do, in words that end the sentence.
    public var remedy: String

    public init(_ field: String, value: String? = nil, problem: String, remedy: String) {
        self.field = field
        self.value = value
        self.problem = problem
        self.remedy = remedy
    }

    /// For example `process.cwd is "usr": must be an absolute path; begin it with "/"`.
    public var description: String {
        let name = field.isEmpty ? "the document" : field
        guard let value else { return "\(name) \(problem); \(remedy)" }
        return "\(name) is \(value): \(problem); \(remedy)"
    }
}
