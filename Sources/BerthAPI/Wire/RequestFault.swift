import BerthModel

/// A request that never reached an operation, and why.
///
/// One fault has one code in JSON and another in XML; this table is the only place that knows both.
enum RequestFault: Error, Equatable, Sendable {
    case noCredentials
    /// The authorization does not parse, or lacks a part; the text says which.
    case incompleteSignature(String)
    /// The access key does not exist, or the session token is not its own.
    case unknownKey
    /// The signature is not the request's, or not of this time; the text says which.
    case wrongSignature(String)
    case expiredToken
    /// A presigned request after its `X-Amz-Expires`.
    case presignedExpired(String)
    case accessDenied(String)
    /// The body is not the JSON that the operation takes; the text names the member.
    case serialization(String)
    /// What was asked for, for example an `X-Amz-Target` or a method and path.
    case unknownOperation(String)
    /// The limit in bytes.
    case bodyTooLarge(limit: Int)

    var message: String {
        switch self {
        case .noCredentials: "Missing Authentication Token"
        case .unknownKey: "The security token included in the request is invalid."
        case .expiredToken: "The security token included in the request is expired"
        case .incompleteSignature(let text), .wrongSignature(let text), .presignedExpired(let text),
            .accessDenied(let text), .serialization(let text):
            text
        case .unknownOperation(let what): "\(what) is not an operation that Berth answers."
        case .bodyTooLarge(let limit): "The request body is larger than \(limit) bytes."
        }
    }

    /// The code in `__type`.
    var jsonCode: String {
        switch self {
        case .noCredentials: "MissingAuthenticationTokenException"
        case .incompleteSignature: "IncompleteSignatureException"
        case .unknownKey: "UnrecognizedClientException"
        case .wrongSignature: "InvalidSignatureException"
        case .expiredToken: "ExpiredTokenException"
        case .presignedExpired: "RequestExpired"
        case .accessDenied: "AccessDeniedException"
        case .serialization: "SerializationException"
        case .unknownOperation: "UnknownOperationException"
        case .bodyTooLarge: "RequestEntityTooLargeException"
        }
    }

    /// The code in the `Code` element.
    var queryCode: String {
        switch self {
        case .noCredentials: "MissingAuthenticationToken"
        case .incompleteSignature: "IncompleteSignature"
        case .unknownKey: "InvalidClientTokenId"
        case .wrongSignature: "SignatureDoesNotMatch"
        case .expiredToken: "ExpiredToken"
        case .presignedExpired: "RequestExpired"
        case .accessDenied: "AccessDenied"
        case .serialization: "MalformedInput"
        case .unknownOperation: "InvalidAction"
        case .bodyTooLarge: "RequestEntityTooLarge"
        }
    }

    /// Whether the fault is about who calls; REST and query services answer those with 403, JSON 1.1 with 400.
    var isAboutAccess: Bool {
        switch self {
        case .noCredentials, .unknownKey, .wrongSignature, .expiredToken, .accessDenied: true
        case .incompleteSignature, .presignedExpired, .serialization, .unknownOperation, .bodyTooLarge: false
        }
    }
}
