import Hummingbird

/// What a request asks for, told from its head alone.
enum Route: Sendable {
    /// `GET /healthz`, the one route without a signature.
    case health
    case json(JSONOperation, service: String)
    case query(QueryService)
    case native(NativeOperation)
    /// The registry inside, which authenticates and words its errors in its own way.
    case registry(RegistryService)
    /// Nothing that Berth answers; in which style to say so, and what was asked.
    case unknown(WireStyle, String)

    var style: WireStyle {
        switch self {
        case .health, .native, .registry: .rest
        case .json: .json
        case .query: .query
        case .unknown(let style, _): style
        }
    }
}

/// All services behind the one listener.
struct Routes: Sendable {
    /// By the whole `X-Amz-Target`, so that the busiest services cost one look-up.
    private let targets: [String: (operation: JSONOperation, service: String)]
    private let query: QueryService
    private let native: NativeRoute
    private let registry: RegistryService?

    init(
        json: [JSONService], query: QueryService, native: @escaping NativeRoute, registry: RegistryService? = nil
    ) {
        let pairs = json.flatMap { service in
            service.operations.map { ("\(service.target).\($0)", (operation: $1, service: service.name)) }
        }
        targets = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        self.query = query
        self.native = native
        self.registry = registry
    }

    /// The service is told by `X-Amz-Target`, else by the path, else by a form's or a query string's `Action`.
    func route(_ head: HTTPRequest, path: Substring, query queryString: Substring) -> Route {
        if let target = head.headerFields[.amzTarget] {
            guard let found = targets[target] else { return .unknown(.json, target) }
            return .json(found.operation, service: found.service)
        }
        if path == "/healthz", head.method == .get || head.method == .head { return .health }
        if path.hasPrefix(NativeService.prefix) {
            if let operation = native(head.method, path) { return .native(operation) }
            return .unknown(.rest, "\(head.method) \(path)")
        }
        if let registry, RegistryRoute.owns(path) { return .registry(registry) }
        if path.isEmpty || path == "/", isForm(head) || queryString.contains("Action=") { return .query(query) }
        return .unknown(.json, "\(head.method) \(path) without X-Amz-Target")
    }

    private func isForm(_ head: HTTPRequest) -> Bool {
        head.headerFields[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true
    }
}

extension HTTPRequest {
    /// Path and query as on the wire, without the question mark between them.
    var target: (path: Substring, query: Substring) {
        let whole = path ?? "/"
        let path = whole.prefix { $0 != "?" }
        return (path, whole.dropFirst(path.count + 1))
    }
}

extension APIServer {
    /// Whether a request with this head is for anything that Berth answers. Nothing else of it is looked at.
    package func knows(_ head: HTTPRequest) -> Bool {
        let (path, query) = head.target
        if case .unknown = routes.route(head, path: path, query: query) { return false }
        return true
    }
}
