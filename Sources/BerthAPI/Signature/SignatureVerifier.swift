import Crypto
import Hummingbird

/// Decides whether a request was signed by the holder of a key, in two steps.
///
/// The first needs only the head: a stranger is turned away before a byte of the body is kept. The second hashes
/// the body.
struct SignatureVerifier: Sendable {
    /// How far a client's clock may be off, in seconds: AWS's five minutes.
    static let skew = 300

    let keys: any KeyStore
    let cache = SigningKeyCache()
    /// Seconds since 1970.
    let now: @Sendable () -> Int

    /// A claim whose key exists and whose time and scope fit; only the signature is open.
    struct Candidate: Sendable {
        fileprivate var claim: SignatureClaim
        fileprivate var key: AccessKey

        /// Who it is, if the signature is right.
        var principal: Principal { key.principal }
    }

    /// Checks everything but the signature.
    func examine(_ head: HTTPRequest, query: Substring, service: String) throws(RequestFault) -> Candidate {
        let claim = try SignatureClaim.read(head, query: query)
        guard let key = keys.accessKey(claim.accessKeyId, token: claim.sessionToken) else { throw .unknownKey }
        let now = now()
        try checkToken(claim, key, now: now)
        guard claim.scope.service == service else {
            throw .wrongSignature("Credential should be scoped to correct service: '\(service)'.")
        }
        guard claim.scope.day == claim.time.day else {
            throw .wrongSignature(
                "Date in Credential scope does not match YYYYMMDD of the request's date: "
                    + "'\(claim.scope.day)' != '\(claim.time.day)'.")
        }
        try checkTime(claim, now: now)
        try checkCoverage(claim, head)
        return Candidate(claim: claim, key: key)
    }

    /// Checks the signature, and gives who signed.
    func verify(
        _ candidate: Candidate, head: HTTPRequest, path: Substring, query: Substring, body: ByteBuffer
    ) throws(RequestFault) -> Principal {
        let claim = candidate.claim
        let request = CanonicalRequest(
            method: head.method.rawValue, path: path, query: query, headers: headers(claim, head),
            payloadHash: try payloadHash(claim, head, body))
        let key = cache.key(of: candidate.key, scope: claim.scope)
        let text = SigV4.stringToSign(request, time: claim.time.text, scope: claim.scope)
        // In constant time, whatever the first wrong byte.
        guard HMAC<SHA256>.isValidAuthenticationCode(claim.signature, authenticating: text, using: key) else {
            throw .wrongSignature(
                "The request signature we calculated does not match the signature you provided. "
                    + "Check your AWS Secret Access Key and signing method. "
                    + "Consult the service documentation for details.")
        }
        // The body may have taken long: until now the key may have ended, or the task that it was given to.
        if let expires = candidate.key.expires, now() >= expires { throw .expiredToken }
        guard keys.holds(candidate.key.principal) else { throw .expiredToken }
        cache.keep(key, of: candidate.key, scope: claim.scope)
        return candidate.key.principal
    }

    private func checkToken(_ claim: SignatureClaim, _ key: AccessKey, now: Int) throws(RequestFault) {
        switch (claim.sessionToken, key.sessionToken) {
        case (nil, nil): break
        case (let given?, let own?):
            // Hashes first: comparing them tells nothing about how far the tokens agree.
            guard SHA256.hash(data: Array(given.utf8)) == SHA256.hash(data: Array(own.utf8)) else { throw .unknownKey }
        default: throw .unknownKey
        }
        if let expires = key.expires, now >= expires { throw .expiredToken }
    }

    private func checkTime(_ claim: SignatureClaim, now: Int) throws(RequestFault) {
        let signed = claim.time
        if signed.seconds > now + Self.skew {
            throw .wrongSignature(
                "Signature not yet current: \(signed.text) is still later than "
                    + "\(AmzTime(seconds: now + Self.skew).text) (\(AmzTime(seconds: now).text) + 5 min.)")
        }
        if let expires = claim.expires {
            if signed.seconds + expires < now { throw .presignedExpired("The presigned request has expired.") }
        } else if signed.seconds < now - Self.skew {
            throw .wrongSignature(
                "Signature expired: \(signed.text) is now earlier than "
                    + "\(AmzTime(seconds: now - Self.skew).text) (\(AmzTime(seconds: now).text) - 5 min.)")
        }
    }

    /// What decides the meaning of a request must be signed: its host, and every `x-amz-` header it has, or else
    /// a signature taken from one operation would do for another.
    private func checkCoverage(_ claim: SignatureClaim, _ head: HTTPRequest) throws(RequestFault) {
        guard claim.signedHeaders.contains("host") else {
            throw .wrongSignature("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        for field in head.headerFields {
            let name = field.name.canonicalName
            if name.hasPrefix("x-amz-") && !claim.signedHeaders.contains(name) {
                throw .wrongSignature("'\(name)' must be a 'SignedHeader' in the AWS Authorization.")
            }
        }
    }

    /// A header that was signed but is not here counts as empty: the signature then fails on it.
    private func headers(_ claim: SignatureClaim, _ head: HTTPRequest) -> [(name: String, values: [String])] {
        claim.signedHeaders.map { name in
            if name == "host" { return (name, [head.authority ?? ""]) }
            return (name, HeaderName(name).map { head.headerFields[values: $0] } ?? [])
        }
    }

    private func payloadHash(
        _ claim: SignatureClaim, _ head: HTTPRequest, _ body: ByteBuffer
    ) throws(RequestFault) -> String {
        let declared = head.headerFields[.amzContentSHA256]
        if claim.expires != nil && declared == SigV4.unsignedPayload { return SigV4.unsignedPayload }
        let hash = SigV4.payloadHash(body.readableBytesView)
        if let declared, declared != hash {
            throw .wrongSignature("x-amz-content-sha256 is not the SHA-256 of the body.")
        }
        return hash
    }
}
