import Crypto

extension SigV4 {
    /// Signs a request: the headers to add to it.
    ///
    /// The signature covers `host`, every header given, and those added. A client must send all of them unchanged.
    ///
    /// - Parameters:
    ///   - target: path and query exactly as they will be sent, percent-encoded, for example `/berth/v1/bill?task=ab`.
    ///   - host: the `Host` header exactly as it will be sent, with the port when it is not the scheme's own.
    ///   - headers: further headers to cover, such as `content-type` and `x-amz-target`.
    ///   - service: the scope's service name, such as `ecs`, `logs`, `sts` or `berth`.
    ///   - seconds: the time since 1970; the daemon refuses it when it is five minutes off its own.
    /// - Returns: `x-amz-date`, `authorization`, and with temporary keys `x-amz-security-token`.
    public static func sign(
        method: String, target: String, host: String, headers: [(name: String, value: String)],
        body: some Sequence<UInt8>, credentials: Credentials, service: String, at seconds: Int
    ) -> [(name: String, value: String)] {
        let time = AmzTime(seconds: seconds)
        let scope = Scope(day: String(time.day), region: credentials.region, service: service)
        var added = [(name: "x-amz-date", value: time.text)]
        if let token = credentials.sessionToken { added.append((name: "x-amz-security-token", value: token)) }
        let path = target.prefix { $0 != "?" }
        let request = CanonicalRequest(
            method: method, path: path, query: target.dropFirst(path.count + 1),
            headers: grouped(headers + added + [(name: "host", value: host)]), payloadHash: payloadHash(body))
        let signature = HMAC<SHA256>.authenticationCode(
            for: stringToSign(request, time: time.text, scope: scope),
            using: signingKey(secret: credentials.secretAccessKey, scope: scope))
        let names = request.headers.map(\.name).joined(separator: ";")
        added.append(
            (
                name: "authorization",
                value: "\(algorithm) Credential=\(credentials.accessKeyId)/\(scope.text), SignedHeaders=\(names), "
                    + "Signature=\(Hex.string(signature))"
            ))
        return added
    }

    /// By lower-case name, in order; the values of one name together.
    private static func grouped(
        _ headers: [(name: String, value: String)]
    ) -> [(name: String, values: [String])] {
        Dictionary(grouping: headers) { $0.name.lowercased() }
            .map { (name: $0.key, values: $0.value.map(\.value)) }
            .sorted { $0.name < $1.name }
    }
}
