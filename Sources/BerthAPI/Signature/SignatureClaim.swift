import Hummingbird

/// What a request says of its own signature, in the `Authorization` header or, presigned, in the query.
struct SignatureClaim: Equatable, Sendable {
    var accessKeyId: String
    var scope: SigV4.Scope
    var time: AmzTime
    /// Lower-case names, in the order in which they were signed.
    var signedHeaders: [String]
    /// 32 bytes.
    var signature: [UInt8]
    var sessionToken: String?
    /// Seconds that a presigned request holds; nil when it is not presigned.
    var expires: Int?

    /// Reads the claim of a request.
    static func read(_ head: HTTPRequest, query: Substring) throws(RequestFault) -> SignatureClaim {
        if let authorization = head.headerFields[.authorization] { return try readHeader(authorization, of: head) }
        if query.contains("X-Amz-Algorithm=") { return try readPresigned(QueryString(query.utf8)) }
        throw .noCredentials
    }

    private static func readHeader(_ text: String, of head: HTTPRequest) throws(RequestFault) -> SignatureClaim {
        guard text.hasPrefix(SigV4.algorithm + " ") else {
            throw .incompleteSignature("Authorization must begin with '\(SigV4.algorithm) '.")
        }
        var credential: Substring?
        var signedHeaders: Substring?
        var signature: Substring?
        for part in text.dropFirst(SigV4.algorithm.count).split(whereSeparator: { $0 == "," || $0 == " " }) {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let value = part[part.index(after: equals)...]
            switch part[..<equals] {
            case "Credential": credential = value
            case "SignedHeaders": signedHeaders = value
            case "Signature": signature = value
            default: break
            }
        }
        return SignatureClaim(
            try parse(credential, named: "Credential", of: "Authorization header"),
            time: try time(of: head),
            signedHeaders: try require(signedHeaders, "SignedHeaders", of: "Authorization header"),
            signature: try parseSignature(require(signature, "Signature", of: "Authorization header")),
            sessionToken: head.headerFields[.amzSecurityToken],
            expires: nil)
    }

    private static func readPresigned(_ query: QueryString) throws(RequestFault) -> SignatureClaim {
        let kind = "Presigned query"
        guard query["X-Amz-Algorithm"] == SigV4.algorithm else {
            throw .incompleteSignature("X-Amz-Algorithm must be '\(SigV4.algorithm)'.")
        }
        let date = try require(query["X-Amz-Date"], "X-Amz-Date", of: kind)
        guard let time = AmzTime(basic: date) else { throw malformedDate(date) }
        let expires = try require(query["X-Amz-Expires"], "X-Amz-Expires", of: kind)
        guard let seconds = Int(expires), (1...longestExpiry).contains(seconds) else {
            throw .incompleteSignature("X-Amz-Expires must be between 1 and \(longestExpiry) seconds.")
        }
        return SignatureClaim(
            try parse(query["X-Amz-Credential"], named: "X-Amz-Credential", of: kind),
            time: time,
            signedHeaders: try require(query["X-Amz-SignedHeaders"], "X-Amz-SignedHeaders", of: kind),
            signature: try parseSignature(require(query["X-Amz-Signature"], "X-Amz-Signature", of: kind)),
            sessionToken: query["X-Amz-Security-Token"],
            expires: seconds)
    }

    /// Seven days, as AWS allows.
    private static let longestExpiry = 604_800

    private init(
        _ credential: (key: String, scope: SigV4.Scope), time: AmzTime, signedHeaders: some StringProtocol,
        signature: [UInt8], sessionToken: String?, expires: Int?
    ) {
        accessKeyId = credential.key
        scope = credential.scope
        self.time = time
        self.signedHeaders = signedHeaders.split(separator: ";").map { $0.lowercased() }
        self.signature = signature
        self.sessionToken = sessionToken
        self.expires = expires
    }

    /// `<key>/<day>/<region>/<service>/aws4_request`.
    private static func parse(
        _ credential: (some StringProtocol)?, named name: String, of kind: String
    ) throws(RequestFault) -> (key: String, scope: SigV4.Scope) {
        let text = try require(credential, name, of: kind)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[4] == "aws4_request" else {
            throw .incompleteSignature("\(name) must be <key>/<day>/<region>/<service>/aws4_request.")
        }
        return (
            String(parts[0]), SigV4.Scope(day: String(parts[1]), region: String(parts[2]), service: String(parts[3]))
        )
    }

    private static func time(of head: HTTPRequest) throws(RequestFault) -> AmzTime {
        if let text = head.headerFields[.amzDate] {
            guard let time = AmzTime(basic: text) else { throw malformedDate(text) }
            return time
        }
        guard let text = head.headerFields[.date] else {
            throw .incompleteSignature("Authorization header requires a 'X-Amz-Date' or a 'Date' header.")
        }
        guard let time = AmzTime(http: text) else { throw malformedDate(text) }
        return time
    }

    private static func malformedDate(_ text: String) -> RequestFault {
        .incompleteSignature("Date must be in ISO-8601 'basic format'. Got '\(text)'.")
    }

    private static func parseSignature(_ text: some StringProtocol) throws(RequestFault) -> [UInt8] {
        guard let bytes = Hex.bytes(text), bytes.count == 32 else {
            throw .incompleteSignature("Signature must be 64 hexadecimal digits.")
        }
        return bytes
    }

    private static func require<Text: StringProtocol>(
        _ value: Text?, _ name: String, of kind: String
    ) throws(RequestFault) -> Text {
        guard let value, !value.isEmpty else { throw .incompleteSignature("\(kind) requires '\(name)' parameter.") }
        return value
    }
}
