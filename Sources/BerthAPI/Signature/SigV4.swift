import Crypto

/// Signature Version 4: the arithmetic that signing and verifying share.
///
/// Source: the AWS reference "Create a signed AWS API request".
public enum SigV4 {
    static let algorithm = "AWS4-HMAC-SHA256"
    static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// What a signature holds for: `<day>/<region>/<service>/aws4_request`.
    struct Scope: Hashable, Sendable {
        var day: String
        var region: String
        var service: String

        var text: String { "\(day)/\(region)/\(service)/aws4_request" }
    }

    /// The body's hash as the canonical request carries it.
    static func payloadHash(_ body: some Sequence<UInt8>) -> String {
        var hash = SHA256()
        if body.withContiguousStorageIfAvailable({ hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }) == nil {
            hash.update(data: Array(body))
        }
        return Hex.string(hash.finalize())
    }

    static func signingKey(secret: String, scope: Scope) -> SymmetricKey {
        var key = SymmetricKey(data: Array("AWS4\(secret)".utf8))
        for part in [scope.day, scope.region, scope.service, "aws4_request"] {
            key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
        }
        return key
    }

    static func stringToSign(_ request: CanonicalRequest, time: String, scope: Scope) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(192)
        output.append(contentsOf: algorithm.utf8)
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: time.utf8)
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: scope.text.utf8)
        output.append(UInt8(ascii: "\n"))
        Hex.append(SHA256.hash(data: request.bytes()), to: &output)
        return output
    }
}
