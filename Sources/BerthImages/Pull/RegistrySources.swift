import BerthOCI

/// Where the blobs and manifests of one pull come from: the mirrors of its registry, then the registry itself.
struct RegistrySources: Sendable {
    /// In the order in which they are asked; never empty.
    let sessions: [RegistrySession]
    let retry: RetryPolicy

    /// A mirror that is away costs little time: the next one has the same.
    private static let attemptsAtMirror = 2

    func retry(at session: RegistrySession) -> RetryPolicy {
        var policy = retry
        if session !== sessions.last { policy.attempts = min(policy.attempts, Self.attemptsAtMirror) }
        return policy
    }

    /// Those from the one on that had the image's manifest.
    func from(_ session: RegistrySession) -> RegistrySources {
        RegistrySources(sessions: Array(sessions.drop { $0 !== session }), retry: retry)
    }

    /// What the first source gives that can.
    ///
    /// - Throws: the last source's error, with what the others said.
    func first<Value>(
        _ body: (RegistrySession, RetryPolicy) async throws(ImageError) -> Value
    ) async throws(ImageError) -> (value: Value, session: RegistrySession) {
        var earlier: [String] = []
        for session in sessions.dropLast() {
            do throws(ImageError) {
                return (try await body(session, retry(at: session)), session)
            } catch {
                // Another source does not help against these.
                if [.cancelled, .noSpace, .storage].contains(error.code) { throw error }
                earlier.append(error.message)
            }
        }
        guard let last = sessions.last else { throw ImageError(.notFound, "no registry is named") }
        do throws(ImageError) {
            return (try await body(last, retry), last)
        } catch {
            var error = error
            if !earlier.isEmpty { error.message += " (before that: \(earlier.joined(separator: "; ")))" }
            throw error
        }
    }

    /// Brings a blob into a sink.
    func download(_ descriptor: Descriptor, into sink: any BlobSink) async throws(ImageError) {
        _ = try await first { session, retry throws(ImageError) in
            try await BlobDownload(session: session, descriptor: descriptor, sink: sink, retry: retry).run()
        }
    }
}
