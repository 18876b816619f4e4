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

    /// Those that are left when one has given the wrong bytes; nil if there are none.
    func after(_ session: RegistrySession) -> RegistrySources? {
        let rest = Array(sessions.drop { $0 !== session }.dropFirst())
        return rest.isEmpty ? nil : RegistrySources(sessions: rest, retry: retry)
    }

    /// The hosts, in their order: who asks the same ones for the same blob gets the same bytes.
    var hosts: [String] { sessions.map(\.location.domain) }

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
    ///
    /// - Returns: who gave the last of it, and whether that one gave all of it.
    @discardableResult
    func download(
        _ descriptor: Descriptor, into sink: any BlobSink
    ) async throws(ImageError) -> (session: RegistrySession, isWhole: Bool) {
        let (start, session) = try await first { session, retry throws(ImageError) in
            let start = sink.length
            try await BlobDownload(session: session, descriptor: descriptor, sink: sink, retry: retry).run()
            return start
        }
        return (session, start == 0)
    }
}
