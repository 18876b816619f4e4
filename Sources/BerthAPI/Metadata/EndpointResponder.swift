import BerthEngine
import BerthModel
import BerthNetwork
import Hummingbird
import Logging
import NIOCore

/// Answers a task about itself, and about nothing else.
struct EndpointResponder: HTTPResponder {
    let source: any EndpointSource
    let keys: RoleKeys?
    let logger: Logger
    /// Seconds since 1970.
    let now: @Sendable () -> Int
    let history = ReadingHistory()
    /// As Fargate: 40 times a second, and 60 at once (Amazon ECS developer guide, "Task metadata endpoint throttling
    /// quotas").
    let rate = RateLimit<String>(rate: 40, burst: 60)
    /// Of all programs in the host's network together, beside that of each task there.
    let hostRate = RateLimit<Int>(rate: 1024, burst: 1024)

    init(source: any EndpointSource, keys: RoleKeys?, logger: Logger, now: @escaping @Sendable () -> Int) {
        self.source = source
        self.keys = keys
        self.logger = logger
        self.now = now
    }

    func respond(to request: Request, context: Connection) async -> Response {
        do {
            return try await answer(request, context)
        } catch let refusal as EndpointRefusal {
            return refusal.response
        } catch {
            logger.error("endpoint failed", metadata: ["path": "\(request.uri.path.prefix(100))", "error": "\(error)"])
            return EndpointRefusal(.internalServerError, "Berth failed; its log tells why.").response
        }
    }

    private func answer(_ request: Request, _ connection: Connection) async throws -> Response {
        let asker = try EndpointAsker(connection, source)
        try limit(asker)
        let path = (request.head.path ?? "/").prefix { $0 != "?" }
        let route = EndpointRoute(path)
        if case .protection(let id) = route {
            let container = try admit(asker, id)
            return try await protection(of: container, request)
        }
        guard request.method == .get || request.method == .head else { throw EndpointRefusal.method }
        switch route {
        case .metadata(let id, let version, let document):
            let container = try admit(asker, id)
            return try await metadata(document, version: version, of: container)
        case .credentials(let id): return try credentials(id, asker)
        case .unsupported(let what): throw EndpointRefusal.unsupported(what)
        case .protection, .unknown: throw EndpointRefusal.unknown
        }
    }

    /// The container behind an id, if it is the asker's own.
    private func admit(_ asker: EndpointAsker, _ id: String) throws(EndpointRefusal) -> EndpointContainer {
        guard let container = source.container(endpoint: id),
            asker.owns(container.task, isInHostNetwork: container.isInHostNetwork)
        else { throw .strangeID }
        try limit(container.task, of: asker)
        return container
    }

    /// Before anything is looked up: also who asks for what is not its own is bounded.
    private func limit(_ asker: EndpointAsker) throws(EndpointRefusal) {
        switch asker {
        case .task(let id): guard rate.admits(id) else { throw .tooMany }
        case .host: guard hostRate.admits(0) else { throw .tooMany }
        }
    }

    /// Who asks from the host is known by what it asks for.
    private func limit(_ task: String, of asker: EndpointAsker) throws(EndpointRefusal) {
        guard asker != .host || rate.admits(task) else { throw .tooMany }
    }

    // MARK: Metadata

    private func metadata(
        _ document: EndpointRoute.Document, version: Int, of asked: EndpointContainer
    ) async throws -> Response {
        guard let view = source.view(task: asked.task) else { throw EndpointRefusal.strangeID }
        let body: ByteBuffer
        switch document {
        case .container:
            body = try MetadataJSON.encode(ContainerDocument(view, asked.container, version: version))
        case .task, .taskWithTags:
            let used = version >= 4 ? await source.storageUsed(task: asked.task) : nil
            body = try MetadataJSON.encode(
                TaskDocument(
                    view, version: version, withTags: document == .taskWithTags, storageUsed: used, clock: .now()))
        case .stats, .taskStats:
            guard let readings = await source.readings(task: asked.task) else { throw EndpointRefusal.strangeID }
            let before = history.replace(readings, of: asked.task)
            let all = view.task.containers.indices.map {
                StatisticsDocument($0, of: view, now: readings, before: before)
            }
            if document == .stats {
                body = try MetadataJSON.encode(statistics: all[asked.container])
            } else {
                let ids = view.task.containers.map { $0.runtimeId ?? $0.name }
                body = try MetadataJSON.encode(
                    statistics: Dictionary(zip(ids, all), uniquingKeysWith: { first, _ in first }))
            }
        }
        return .json(body)
    }

    // MARK: Credentials

    private func credentials(_ id: String, _ asker: EndpointAsker) throws -> Response {
        if id.isEmpty { throw EndpointRefusal.credentials("NoIdInRequest", "The path names no credentials.") }
        guard let role = source.task(credentials: id), asker.owns(role.task, isInHostNetwork: role.isInHostNetwork)
        else { throw EndpointRefusal.credentials("InvalidIdInRequest", "This task has no credentials of that id.") }
        try limit(role.task, of: asker)
        guard let keys else {
            throw EndpointRefusal.credentials(
                "CredentialsUninitialized", "There are no credentials yet.", status: .serviceUnavailable)
        }
        let issued = keys.issue(role: AssumedRole(arn: role.roleArn, task: role.task), now: now())
        return .json(try MetadataJSON.encode(CredentialsDocument(issued, role: role.roleArn)))
    }
}

/// Who asks, by the address.
enum EndpointAsker: Equatable, Sendable {
    case task(String)
    /// A program in the host's own network.
    case host

    /// - Throws: ``EndpointRefusal/strangeID`` for an address of nobody's.
    init(_ connection: Connection, _ source: any EndpointSource) throws(EndpointRefusal) {
        guard let remote = connection.channel.remoteAddress, let address = IPv4Address(remote) else { throw .strangeID }
        if let task = source.task(at: address) {
            self = .task(task)
        } else if connection.channel.localAddress.flatMap({ IPv4Address($0) }) == address || address.isLoopback {
            // The kernel answers the host's own programs from the address that they asked.
            self = .host
        } else {
            throw .strangeID
        }
    }

    /// Whether something of a task is for whoever asks.
    func owns(_ task: String, isInHostNetwork: Bool) -> Bool {
        switch self {
        case .task(let own): own == task
        case .host: isInHostNetwork
        }
    }
}

extension IPv4Address {
    fileprivate var isLoopback: Bool { number >> 24 == 127 }
}
