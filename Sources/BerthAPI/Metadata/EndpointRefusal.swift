import Foundation
import Hummingbird

/// Why a task gets no answer: as text for people, but where SDKs read a code.
struct EndpointRefusal: Error, Sendable {
    var status: HTTPResponse.Status
    var text: String
    var contentType = "text/plain; charset=utf-8"

    init(_ status: HTTPResponse.Status, _ text: String) {
        self.status = status
        self.text = text + "\n"
    }

    /// The same for an id of nobody's and of another's: who asks learns nothing of others.
    static let strangeID = EndpointRefusal(.notFound, "This task has no container with that endpoint id.")
    static let unknown = EndpointRefusal(
        .notFound, "There are /v4/<id>, its /task, /taskWithTags, /stats and /task/stats, and /v2/credentials/<id>.")
    static let method = EndpointRefusal(.methodNotAllowed, "Use GET.")
    static let tooMany = EndpointRefusal(.tooManyRequests, "Too many requests: 40 a second are answered.")

    static func unsupported(_ what: String) -> EndpointRefusal {
        let part = what.split(separator: "/").first ?? ""
        let isFault = part == "fault"
        return EndpointRefusal(
            isFault ? .badRequest : .notFound,
            isFault ? "Fault injection is not supported." : "The agent has /task-protection/v1/state.")
    }

    /// In the shape that SDKs read (Amazon ECS container agent, credentials handler).
    static func credentials(
        _ code: String, _ message: String, status: HTTPResponse.Status = .badRequest
    ) -> EndpointRefusal {
        var refusal = EndpointRefusal(status, "")
        let document = CredentialsFault(code: code, message: message, httpErrorCode: Int(status.code))
        refusal.text = (try? String(decoding: JSONEncoder().encode(document), as: UTF8.self)) ?? code
        refusal.contentType = "application/json"
        return refusal
    }

    var response: Response {
        Response(
            status: status, headers: [.contentType: contentType],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private struct CredentialsFault: Encodable {
        var code: String
        var message: String
        var httpErrorCode: Int

        enum CodingKeys: String, CodingKey {
            case code, message
            case httpErrorCode = "HTTPErrorCode"
        }
    }
}

extension Response {
    static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: body))
    }
}
