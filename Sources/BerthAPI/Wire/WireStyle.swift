import BerthModel
import Foundation
import Hummingbird

/// The protocols that Berth speaks, as far as replies differ.
enum WireStyle: Equatable, Sendable {
    /// AWS JSON 1.1: `POST /` with the operation in `X-Amz-Target`.
    case json
    /// JSON with the operation in method and path; Berth's own routes.
    case rest
    /// AWS query: a form with `Action`, answered in XML.
    case query

    /// The reply to a request that never reached its operation.
    func reply(_ fault: RequestFault, requestId: String) -> Response {
        let forbidden = self != .json && fault.isAboutAccess
        var status: HTTPResponse.Status = forbidden ? .forbidden : .badRequest
        if case .bodyTooLarge = fault { status = .contentTooLarge }
        let code = self == .query ? fault.queryCode : fault.jsonCode
        return reply(ErrorBody(type: code, message: fault.message), status: status, requestId: requestId)
    }

    /// The reply to a request that its operation refused.
    func reply(_ error: ServiceError, requestId: String) -> Response {
        let isOurs = error.code == ServiceError.serverException("").code
        return reply(
            ErrorBody(
                type: error.code, message: error.message,
                resourceIds: error.resourceIds.isEmpty ? nil : error.resourceIds),
            status: isOurs ? .internalServerError : .badRequest, requestId: requestId)
    }

    private func reply(_ error: ErrorBody, status: HTTPResponse.Status, requestId: String) -> Response {
        let body =
            self == .query
            ? XML.error(error, isOurs: status.code >= 500, requestId: requestId)
            // A struct of strings always encodes; the fallback says as much as a client needs.
            : (try? WireJSON.encode(error)) ?? ByteBuffer(string: #"{"__type":"\#(error.type)"}"#)
        var response = reply(body, status: status, requestId: requestId)
        response.headers[.amznErrorType] = error.type
        return response
    }

    /// A reply with the headers that every reply has; Hummingbird adds `Date` and `Content-Length`.
    func reply(_ body: ByteBuffer, status: HTTPResponse.Status = .ok, requestId: String) -> Response {
        Response(
            status: status, headers: [.contentType: contentType, .amznRequestId: requestId],
            body: ResponseBody(byteBuffer: body))
    }

    private var contentType: String {
        switch self {
        case .json: "application/x-amz-json-1.1"
        case .rest: "application/json"
        case .query: "text/xml"
        }
    }
}
