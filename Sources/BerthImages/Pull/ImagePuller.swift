import BerthOCI
import BerthUnpack

/// Pulls images from registries into a store.
///
/// Pulls of one layer from the same hosts at the same time share one download and one unpacking, whoever asks; nothing
/// else makes one pull wait for another: a registry that is slow, or lies, is the trouble of those who named it. A pull
/// that is cancelled ends at once, and what it alone had in work is given up; what it fetched stays, and the next pull
/// goes on from there.
public final class ImagePuller: Sendable {
    private struct LayerKey: Hashable {
        var diffID: Digest
        var blob: Digest
        var hosts: [String]
    }

    private let store: ImageStore
    private let settings: RegistrySettings
    private let exchange: HTTPExchange
    private let tokens = TokenService()
    private let layers = SharedWork<LayerKey, PullProgress>()

    /// Layers of one pull in work at a time: each keeps a connection busy, and a core when the connection is fast.
    private static let width = 4

    /// - Parameter clients: shut down by whoever made them.
    public init(store: ImageStore, registries: RegistrySettings, clients: RegistryClients) {
        self.store = store
        settings = registries
        exchange = HTTPExchange(clients: clients)
    }

    /// Brings an image into the store, unless the policy finds it there.
    ///
    /// - Parameters:
    ///   - credentials: for the registry itself, never for its mirrors; nil takes what the settings' file has.
    ///   - progress: told of every layer when the pull begins and whenever one is further, from any thread.
    /// - Returns: the image, ready to run.
    /// - Throws: every ``ImageError/Code`` but those of users; the message names the reference, the registry and, where
    ///   there is one, a remedy. ``ImageError/Code/cancelled`` when the task is cancelled.
    public func pull(
        _ reference: Reference, policy: PullPolicy, credentials: RegistryCredentials? = nil,
        progress: @escaping @Sendable (PullProgress) -> Void = { _ in }
    ) async throws(ImageError) -> StoredImage {
        let name = try reference.pullName
        if policy != .always, let image = try stored(name) { return image }
        if policy == .never {
            throw ImageError(
                .notFound,
                "there is no image \(name) here and the pull policy is never; berth image pull \(name) brings it")
        }
        do throws(ImageError) {
            return try await fetch(name, credentials: credentials, progress: progress)
        } catch {
            throw FullDisk.explain(error, path: store.root).prefixed("cannot pull \(name)")
        }
    }

    private func stored(_ name: Reference) throws(ImageError) -> StoredImage? {
        do throws(ImageError) { return try store.image(name.description) } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private func fetch(
        _ name: Reference, credentials: RegistryCredentials?, progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) -> StoredImage {
        let sources = RegistrySources(sessions: try sessions(name, credentials), retry: settings.retry)
        let image = try await ImageResolver(store: store, reference: name, sources: sources).resolve()
        let lease = try await keepDocuments(of: image, name: name)
        let result: Result<StoredImage, ImageError>
        do throws(ImageError) {
            try await fetchLayers(of: image, progress: progress)
            result = .success(try await publish(image, name: name))
        } catch {
            result = .failure(error)
        }
        // Of a pull that failed the lease stays until it expires: the next one goes on from what is here.
        if case .success = result {
            try await BlockingCalls.run { () throws(ImageError) in try lease.release() }
        }
        return try result.get()
    }

    // MARK: Steps

    private func sessions(
        _ reference: Reference, _ given: RegistryCredentials?
    ) throws(ImageError) -> [RegistrySession] {
        let file = try settings.credentialsFile.map { path throws(ImageError) in try DockerConfiguration(path: path) }
        let own = RegistryLocation(reference)
        var sessions: [RegistrySession] = []
        for location in settings.locations(of: reference) {
            let given = location == own ? given : nil
            sessions.append(
                try RegistrySession(
                    location, exchange: exchange, tokens: tokens, settings: settings,
                    credentials: given
                        ?? file?.credentials(domain: location.domain, repository: location.repository),
                    credentialsNote: given == nil
                        ? file?.helperNote(domain: location.domain, repository: location.repository) : nil))
        }
        return sessions
    }

    /// Holds all that belongs to the image, then keeps what is already read of it.
    private func keepDocuments(of image: ResolvedImage, name: Reference) async throws(ImageError) -> StoreLease {
        try await BlockingCalls.run { [store] () throws(ImageError) in
            let lease = try store.lease(owner: "pull \(name)")
            try lease.hold(Array(image.digests) + image.layers.map(\.diffID))
            for document in image.indexes + [image.manifest] where try store.blobs.size(document.digest) == nil {
                try store.blobs.put(document.bytes, as: document.digest)
            }
            if try store.blobs.size(image.configurationDigest) == nil {
                try store.blobs.put(image.configurationBytes, as: image.configurationDigest)
            }
            return lease
        }
    }

    private func fetchLayers(
        of image: ResolvedImage, progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) {
        var seen: Set<Digest> = []
        let wanted = image.layers.filter { seen.insert($0.diffID).inserted }
        for layer in wanted {
            let descriptor = layer.descriptor
            progress(PullProgress(digest: descriptor.digest, size: descriptor.size, received: 0, step: .waiting))
        }
        // The largest first: they decide when the pull ends.
        var waiting = wanted.sorted { $0.descriptor.size < $1.descriptor.size }
        let error: ImageError? = await withTaskGroup(of: ImageError?.self) { group in
            for _ in 0..<Self.width {
                if let next = waiting.popLast() { group.addTask { await self.fetch(next, image.sources, progress) } }
            }
            var first: ImageError?
            for await error in group {
                if first == nil, let error {
                    first = error
                    group.cancelAll()
                }
                if first == nil, let next = waiting.popLast() {
                    group.addTask { await self.fetch(next, image.sources, progress) }
                }
            }
            return first
        }
        if let error { throw error }
    }

    private func fetch(
        _ layer: ResolvedImage.Layer, _ sources: RegistrySources, _ progress: @escaping @Sendable (PullProgress) -> Void
    ) async -> ImageError? {
        let store = store
        do throws(ImageError) {
            let key = LayerKey(diffID: layer.diffID, blob: layer.descriptor.digest, hosts: sources.hosts)
            try await layers.run(key, report: progress) { report throws(ImageError) in
                try await LayerPull(store: store, layer: layer, sources: sources, report: report).run()
            }
            return nil
        } catch {
            return error
        }
    }

    private func publish(_ image: ResolvedImage, name: Reference) async throws(ImageError) -> StoredImage {
        let pending = PendingImage(
            names: [], manifest: image.manifest.bytes, digest: image.manifest.digest,
            configuration: image.configuration,
            configurationBytes: image.configurationBytes, configurationDigest: image.configurationDigest, layers: [])
        let stored = try await BlockingCalls.run { [store] () throws(ImageError) in
            try store.publish(pending, names: [name], pulled: true)
        }
        guard let image = stored.first else { throw ImageError(.storage, "the store did not take \(name)") }
        return image
    }
}

extension Reference {
    /// The name that a pulled image gets: with a digest, the tag says nothing, and Docker leaves it out too.
    var pullName: Reference {
        get throws(ImageError) {
            guard let digest, tag != nil else { return self }
            return try Reference.parse("\(repository)@\(digest)")
        }
    }
}
