/// Programs that are run at steps of a container's life (config.md, "POSIX-platform Hooks").
public struct RuntimeHooks: Equatable, Sendable {
    /// The six steps, in their order. The raw value is the document's name.
    public enum Step: String, CaseIterable, Sendable {
        case prestart
        case createRuntime
        case createContainer
        case startContainer
        case poststart
        case poststop
    }

    /// In each step in order; a step without hooks is not there.
    public var byStep: [Step: [RuntimeHook]] = [:]

    public init() {}

    init(_ field: Field) throws(SpecError) {
        for step in Step.allCases {
            let hooks = try field.member(step.rawValue).list(RuntimeHook.init)
            if !hooks.isEmpty { byStep[step] = hooks }
        }
    }

    /// The hooks of a step; none for a step without.
    public subscript(step: Step) -> [RuntimeHook] { byStep[step] ?? [] }
}

/// One program of a step; it gets the container's state on its standard input.
public struct RuntimeHook: Equatable, Sendable {
    /// Absolute, in the mount namespace that the step runs in.
    public var path: String
    /// With the program's own name first; the path when the document gives none.
    public var arguments: [String]
    /// Its whole environment.
    public var environment: [String]
    /// Seconds until it is killed and the step has failed; nil for no end.
    public var timeout: Int?

    init(_ field: Field) throws(SpecError) {
        let place = try field.member("path")
        guard let path = try place.absolutePath() else { throw place.missing }
        self.path = path
        let arguments = try field.member("args").strings()
        self.arguments = arguments.isEmpty ? [path] : arguments
        environment = try field.member("env").strings()
        // What poll(2) can wait, in milliseconds, is a little more.
        timeout = try field.member("timeout").integer(in: 1...2_000_000)
    }
}
