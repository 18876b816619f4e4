import Hummingbird

/// What a path of the endpoints in a task's network names.
enum EndpointRoute: Equatable, Sendable {
    /// A document about the container behind an id, or about its task, in the form of version 3 or 4.
    case metadata(id: String, version: Int, Document)
    /// `/v2/credentials/<id>`; the id is empty when there is none.
    case credentials(id: String)
    case protection(id: String)
    /// A part of the agent's interface that Berth does not have.
    case unsupported(String)
    case unknown

    enum Document: String, Sendable {
        case container = ""
        case task
        case taskWithTags
        case stats
        case taskStats = "task/stats"
    }

    /// Reads a path as it was on the wire, without its query.
    init(_ path: Substring) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        switch (parts.first, parts.count) {
        case ("v4", 2...), ("v3", 2...):
            guard let document = Document(rawValue: parts.dropFirst(2).joined(separator: "/")) else {
                self = .unknown
                return
            }
            self = .metadata(id: parts[1], version: parts[0] == "v4" ? 4 : 3, document)
        case ("v2", 2...3) where parts[1] == "credentials":
            self = .credentials(id: parts.count == 3 ? parts[2] : "")
        case ("api", 3...):
            let rest = parts.dropFirst(2).joined(separator: "/")
            self = rest == "task-protection/v1/state" ? .protection(id: parts[1]) : .unsupported(rest)
        default: self = .unknown
        }
    }
}
