/// A container's state as hooks and `state` show it (runtime.md, "State").
public struct RuntimeState: Equatable, Sendable {
    /// The raw value is the document's word. `paused` is what runtimes say beyond the specification.
    public enum Status: String, CaseIterable, Sendable {
        case creating
        case created
        case running
        case paused
        case stopped
    }

    /// ``SpecificationVersion`` of this document, on the wire `ociVersion`.
    public var version: String
    /// Unique among the containers of one state directory.
    public var id: String
    public var status: Status
    /// As the runtime sees it; nil once it stopped.
    public var pid: Int32?
    /// Absolute.
    public var bundle: String
    /// Those of the container's configuration.
    public var annotations: [RuntimeConfiguration.Annotation]

    public init(
        version: String, id: String, status: Status, pid: Int32?, bundle: String,
        annotations: [RuntimeConfiguration.Annotation]
    ) {
        self.version = version
        self.id = id
        self.status = status
        self.pid = pid
        self.bundle = bundle
        self.annotations = annotations
    }

    /// What the specification has; runtimes show more.
    public var document: JSONValue {
        var members: [JSONValue.Member] = [
            .init("ociVersion", .string(version)), .init("id", .string(id)), .init("status", .string(status.rawValue)),
        ]
        if let pid { members.append(.init("pid", .number(pid))) }
        members.append(.init("bundle", .string(bundle)))
        if !annotations.isEmpty {
            members.append(.init("annotations", .object(annotations.map { .init($0.name, .string($0.value)) })))
        }
        return .object(members)
    }
}
