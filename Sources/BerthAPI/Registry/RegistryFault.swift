import BerthImages
import BerthOCI
import Foundation
import Hummingbird

/// A refusal in the distribution specification's shape: a status, a code of its list, a text, and headers that tell a
/// client how to go on.
struct RegistryFault: Error, Sendable {
    var status: HTTPResponse.Status
    /// From the specification's table of codes, or one that AWS uses beside it.
    var code: String
    var message: String
    var headers: HTTPFields = [:]

    static let notFound = RegistryFault(
        status: .notFound, code: "NAME_UNKNOWN", message: "there is no such path in the distribution API")

    static let manifestUnknown = RegistryFault(
        status: .notFound, code: "MANIFEST_UNKNOWN", message: "the repository has no image of that tag")

    static let unauthorized = RegistryFault(
        status: .unauthorized, code: "UNAUTHORIZED",
        message:
            "authentication required: user AWS with the password of `aws ecr get-login-password`, or an access key",
        headers: [.wwwAuthenticate: #"Basic realm="Berth",service="ecr.amazonaws.com""#])

    static func denied(_ principal: Principal, _ action: String) -> RegistryFault {
        RegistryFault(
            status: .forbidden, code: "DENIED",
            message: "User: \(principal.arn) is not authorized to perform: \(action)")
    }

    static let unsupported = RegistryFault(
        status: .methodNotAllowed, code: "UNSUPPORTED", message: "the method is not allowed here")

    static func nameInvalid(_ text: String) -> RegistryFault {
        RegistryFault(
            status: .badRequest, code: "NAME_INVALID",
            message: "\"\(shown(text))\" is no repository: a name has 2 to 256 lower-case letters and digits, "
                + "parted by '.', '_', '__' or '-', and by '/'")
    }

    static func digestInvalid(_ text: String) -> RegistryFault {
        RegistryFault(
            status: .badRequest, code: "DIGEST_INVALID",
            message: "\"\(shown(text))\" is no digest: sha256: and 64 lower-case hexadecimal digits are")
    }

    static func tagInvalid(_ text: String) -> RegistryFault {
        RegistryFault(
            status: .badRequest, code: "TAG_INVALID",
            message: "\"\(shown(text))\" is no tag: 1 to 128 letters, digits, '_', '.' and '-' are")
    }

    static func uploadInvalid(_ message: String, status: HTTPResponse.Status = .badRequest) -> RegistryFault {
        RegistryFault(status: status, code: "BLOB_UPLOAD_INVALID", message: message)
    }

    static func ours(_ message: String) -> RegistryFault {
        RegistryFault(status: .internalServerError, code: "UNKNOWN", message: message)
    }

    /// What strangers sent, cut: an error is no mirror.
    private static func shown(_ text: String) -> String {
        String(text.unicodeScalars.prefix(100).map { $0.properties.generalCategory == .control ? " " : Character($0) })
    }

    /// `{"errors": [{"code", "message"}]}`.
    var response: Response {
        struct Body: Encodable {
            struct Entry: Encodable {
                var code: String
                var message: String
            }
            var errors: [Entry]
        }
        let body = Body(errors: [.init(code: code, message: message)])
        // A struct of strings always encodes; the fallback says as much as a client needs.
        let bytes = (try? WireJSON.encode(body)) ?? ByteBuffer(string: #"{"errors":[{"code":"\#(code)"}]}"#)
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: bytes))
    }
}

extension RegistryFault {
    /// The wire's words for what the repositories refused.
    init(_ error: RepositoryError) {
        let (status, code) = Self.wire(error)
        self.init(status: status, code: code, message: error.description)
    }

    private static func wire(_ error: RepositoryError) -> (HTTPResponse.Status, String) {
        switch error {
        case .repositoryUnknown: (.notFound, "NAME_UNKNOWN")
        case .repositoryExists, .repositoryNotEmpty: (.conflict, "DENIED")
        case .blobUnknown: (.notFound, "BLOB_UNKNOWN")
        case .blobInUse, .manifestInUse: (.methodNotAllowed, "UNSUPPORTED")
        case .digestMismatch: (.badRequest, "DIGEST_INVALID")
        case .uploadUnknown: (.notFound, "BLOB_UPLOAD_UNKNOWN")
        case .uploadBusy: (.conflict, "BLOB_UPLOAD_INVALID")
        case .outOfOrder: (.rangeNotSatisfiable, "BLOB_UPLOAD_INVALID")
        case .manifestUnknown: (.notFound, "MANIFEST_UNKNOWN")
        case .manifestInvalid: (.badRequest, "MANIFEST_INVALID")
        case .manifestIncomplete: (.notFound, "MANIFEST_BLOB_UNKNOWN")
        case .tagImmutable: (.badRequest, "TAG_INVALID")
        case .storage(let error) where error.code == .noSpace:
            (HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "UNKNOWN")
        case .storage: (.internalServerError, "UNKNOWN")
        }
    }
}
