import BerthModel
import BerthTrace
import Hummingbird
import Logging
import NIOCore

/// Answers every request: route, authenticate, run, reply. What goes wrong on the way becomes a reply too.
struct Responder: HTTPResponder {
    let routes: Routes
    let gate: Gate
    /// Bytes of a body.
    let bodyLimit: Int
    let logger: Logger
    /// Nil when nobody wants to know how long requests take.
    var tracer: Tracer?

    func respond(to request: Request, context: Connection) async -> Response {
        let requestId = RequestID.make()
        let trail = tracer?.request(requestId, operation: shortName(of: request))
        defer { trail?.ends() }
        let response = await answer(request, on: context, requestId, trail)
        logger.debug(
            "request",
            metadata: [
                "operation": "\(name(of: request))", "status": "\(response.status.code)", "requestId": "\(requestId)",
            ])
        return response
    }

    private func answer(
        _ request: Request, on connection: Connection, _ requestId: String, _ trail: RequestTrail?
    ) async -> Response {
        let (path, query) = request.head.target
        let route = routes.route(request.head, path: path, query: query)
        do {
            let arrival = Arrival(
                request: request, path: path, query: query, connection: connection, requestId: requestId, trail: trail)
            return try await respond(to: arrival, route)
        } catch let fault as RequestFault {
            return route.style.reply(fault, requestId: requestId)
        } catch let error as ServiceError {
            if error.code == ServiceError.serverException("").code { log(error, of: request, requestId) }
            return route.style.reply(error, requestId: requestId)
        } catch {
            log(error, of: request, requestId)
            return route.style.reply(
                .serverException("Berth failed; its log tells why, under request id \(requestId)."),
                requestId: requestId)
        }
    }

    private func respond(to arrival: Arrival, _ route: Route) async throws -> Response {
        let requestId = arrival.requestId
        switch route {
        case .health:
            let reply = WireStyle.rest.reply(ByteBuffer(string: #"{"status":"ok"}"#), requestId: requestId)
            return arrival.request.method == .head ? reply.createHeadResponse() : reply
        case .unknown(_, let what):
            throw RequestFault.unknownOperation(what)
        case .registry(let registry):
            return await registry.respond(to: arrival, local: gate.localCaller(arrival))
        case .json(let operation, let service):
            let target = arrival.request.headers[.amzTarget] ?? ""
            let action = "\(service):\(target.split(separator: ".").last ?? "")"
            let (_, body, caller) = try await admit(arrival, to: service, for: action)
            return WireStyle.json.reply(try await operation(body, caller), requestId: requestId)
        case .native(let operation):
            let isReading = arrival.request.method == .get || arrival.request.method == .head
            let action = "\(NativeService.name):\(isReading ? "Read" : "Write")"
            let (request, body, caller) = try await admit(arrival, to: NativeService.name, for: action)
            return try await operation(
                NativeCall(
                    request: request, query: QueryString(arrival.query.utf8), body: body, caller: caller,
                    requestId: requestId))
        case .query(let service):
            let (_, body, caller) = try await admit(arrival, to: service.name)
            let form = QueryString(body.readableBytes > 0 ? Array(body.readableBytesView) : Array(arrival.query.utf8))
            let action = form["Action"] ?? ""
            guard let operation = service.operations[action] else {
                throw RequestFault.unknownOperation(action.isEmpty ? "A request without Action" : action)
            }
            try gate.permissions.check("\(service.name):\(action)", by: caller.principal)
            let result = try await operation(form, caller)
            return WireStyle.query.reply(
                XML.reply(action, result: result, namespace: service.namespace, requestId: requestId),
                requestId: requestId)
        }
    }

    /// Reads the body between the two steps of authentication.
    ///
    /// - Parameter action: what the caller must be allowed, where the head tells it.
    private func admit(
        _ arrival: Arrival, to service: String, for action: String? = nil
    ) async throws -> (request: Request, body: ByteBuffer, caller: Caller) {
        let begun = arrival.trail?.now()
        defer { arrival.trail?.span(.authenticate, since: begun) }
        let pass = try gate.examine(arrival, service: service)
        if let action { try gate.check(action, by: pass) }
        var request = arrival.request
        let body = try await collect(&request)
        var caller = try gate.verify(pass, arrival, body: body)
        caller.trail = arrival.trail
        return (request, body, caller)
    }

    private func collect(_ request: inout Request) async throws -> ByteBuffer {
        if let text = request.headers[.contentLength], let length = Int(text), length > bodyLimit {
            throw RequestFault.bodyTooLarge(limit: bodyLimit)
        }
        do {
            return try await request.collectBody(upTo: bodyLimit)
        } catch is NIOTooManyBytesError {
            throw RequestFault.bodyTooLarge(limit: bodyLimit)
        }
    }

    private func log(_ error: any Error, of request: Request, _ requestId: String) {
        logger.error(
            "request failed",
            metadata: [
                "operation": "\(name(of: request))",
                "error": "\(error)", "requestId": "\(requestId)",
            ])
    }

    /// Without the service's version.
    private func shortName(of request: Request) -> String {
        request.headers[.amzTarget]?.split(separator: ".").last.map(String.init) ?? name(of: request)
    }

    private func name(of request: Request) -> String {
        request.headers[.amzTarget] ?? "\(request.method) \(request.uri.path)"
    }
}
