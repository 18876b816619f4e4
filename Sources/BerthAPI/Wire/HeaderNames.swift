import Hummingbird

/// The name of a header field.
package typealias HeaderName = HTTPFields.Element.Name

extension HeaderName {
    static let amzDate = constant("x-amz-date")
    /// The operation of AWS's JSON protocols: `<service's prefix>.<operation>`.
    package static let amzTarget = constant("x-amz-target")
    static let amzSecurityToken = constant("x-amz-security-token")
    static let amzContentSHA256 = constant("x-amz-content-sha256")
    static let amznRequestId = constant("x-amzn-RequestId")
    static let amznErrorType = constant("x-amzn-ErrorType")

    /// The header of a name that stands in the program.
    static func constant(_ name: String) -> HeaderName {
        // Only called with constants, and each of them is a token.
        guard let name = HeaderName(name) else { preconditionFailure("\(name) is no header name") }
        return name
    }
}
