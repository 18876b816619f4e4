import BerthEngine
import Foundation
import Hummingbird
import NIOCore

/// The agent's interface for a task's protection from schedulers (Amazon ECS developer guide, "Amazon ECS task scale-in
/// protection endpoint").
extension EndpointResponder {
    /// Bytes of a body: two short members.
    private static let bodyLimit = 4096
    /// Minutes: what is meant without a number, and what may be meant.
    private static let usualMinutes = 120
    private static let minutes = 1...2880

    private struct Wish: Decodable {
        var protectionEnabled: Bool
        var expiresInMinutes: Int?

        enum CodingKeys: String, CodingKey {
            case protectionEnabled = "ProtectionEnabled"
            case expiresInMinutes = "ExpiresInMinutes"
        }
    }

    private struct Answer: Encodable {
        struct Protection: Encodable {
            var expirationDate: String?
            var protectionEnabled: Bool
            var taskArn: String
        }
        struct Fault: Encodable {
            var arn: String
            var code: String
            var message: String
        }
        var protection: Protection?
        var error: Fault?
        var requestID: String?
    }

    func protection(of asked: EndpointContainer, _ request: Request) async throws -> Response {
        guard let view = source.view(task: asked.task) else { throw EndpointRefusal.strangeID }
        let arn = view.task.taskArn
        switch request.method {
        case .get, .head: break
        case .put:
            var request = request
            guard let body = try? await request.collectBody(upTo: Self.bodyLimit),
                let wish = try? JSONDecoder().decode(Wish.self, from: Data(body.readableBytesView))
            else { return try refuse(arn, "The body must be {\"ProtectionEnabled\": true|false}.") }
            let minutes = wish.expiresInMinutes ?? Self.usualMinutes
            guard Self.minutes.contains(minutes) else {
                return try refuse(arn, "ExpiresInMinutes must be between 1 and 2880.")
            }
            let end = wish.protectionEnabled ? Date(timeIntervalSinceNow: TimeInterval(minutes * 60)) : nil
            try await source.protect(task: asked.task, until: end)
        default: throw EndpointRefusal(.methodNotAllowed, "Use GET or PUT.")
        }
        let end = source.protection(task: asked.task)
        return try reply(
            Answer(
                protection: .init(
                    expirationDate: end.map(MetadataJSON.text), protectionEnabled: end != nil, taskArn: arn)))
    }

    private func refuse(_ arn: String, _ message: String) throws -> Response {
        try reply(
            Answer(
                error: .init(arn: arn, code: "InvalidParameterException", message: message),
                requestID: RequestID.make()), status: .badRequest)
    }

    /// The outermost members are in lower case, those inside are not.
    private func reply(_ answer: Answer, status: HTTPResponse.Status = .ok) throws -> Response {
        .json(try MetadataJSON.encode(agent: answer), status: status)
    }
}
