import BerthImages
import BerthOCI

/// The images of this machine: those that were pushed to the registry inside, those that were imported, and those that
/// are pulled from other registries.
public struct LocalImages: TaskImages {
    /// Where all of them lie.
    public let store: ImageStore
    private let own: OwnRegistry
    let pushed: RepositoryImages
    private let puller: ImagePuller

    /// - Parameter own: what `pushed` is called.
    public init(store: ImageStore, own: OwnRegistry, pushed: RepositoryImages, puller: ImagePuller) {
        self.store = store
        self.own = own
        self.pushed = pushed
        self.puller = puller
    }

    public func image(_ reference: String) throws(ImageError) -> StoredImage {
        if let image = try pushed.image(reference) { return image }
        return try store.image(reference)
    }

    public func ready(_ reference: String) throws(ImageError) -> StoredImage? {
        // A digest of ours, as ECS resolves a tag to, is no reference.
        if let name = try? Reference(reference), own.owns(name.domain) { return nil }
        do throws(ImageError) { return try store.image(reference) } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    public func known(_ reference: String) throws(ImageError) -> StoredImage? {
        if let image = try pushed.unpacked(reference) { return image }
        return try ready(reference)
    }

    public func pull(
        _ reference: String, policy: PullPolicy, credentials: RegistryCredentials?,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) -> StoredImage {
        // A bare digest names an image that is here; what is no name at all is refused in the same words.
        guard let name = try? Reference(reference) else { return try store.image(reference) }
        guard own.owns(name.domain) else {
            return try await puller.pull(name, policy: policy, credentials: credentials, progress: progress)
        }
        let pushed = pushed
        let image = try await BlockingCalls.run { () throws(ImageError) in try pushed.image(reference) }
        guard let image else { throw ImageError(.notFound, "\(name) is not in the registry inside; push it there") }
        return image
    }

    public func hold(digest: Digest, user: String) -> (any HeldImage)? { store.hold(digest: digest, user: user) }

    public func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        try store.user(specification, in: image)
    }

    public func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] {
        try store.importImage(from: path, name: name)
    }

    public func images() -> [StoredImage] { store.images() }
}
