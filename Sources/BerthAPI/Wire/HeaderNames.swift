import Hummingbird

/// The name of a header field.
typealias HeaderName = HTTPFields.Element.Name

extension HeaderName {
    static let amzDate = known("x-amz-date")
    static let amzTarget = known("x-amz-target")
    static let amzSecurityToken = known("x-amz-security-token")
    static let amzContentSHA256 = known("x-amz-content-sha256")
    static let amznRequestId = known("x-amzn-RequestId")
    static let amznErrorType = known("x-amzn-ErrorType")

    private static func known(_ name: String) -> HeaderName {
        // Only called with the constants above, and each of them is a token.
        guard let name = HeaderName(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}
