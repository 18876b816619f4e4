import BerthImages
import BerthOCI

/// What the engine needs of the image store; tests put directories of their own in its place.
public protocol TaskImages: Sendable {
    /// The image of a name as users write it; answers from memory.
    func image(_ reference: String) throws(ImageError) -> StoredImage
    /// The image of a name if it can be run at once, as far as is known without asking anybody; answers from memory. Nil
    /// when it has to be brought here or waited for by ``pull(_:policy:credentials:progress:)``.
    func ready(_ reference: String) throws(ImageError) -> StoredImage?
    /// The image of a name that a task of an earlier run may run on: as ``ready(_:)``, but it may read the disk, and so it
    /// knows those that were pushed, too.
    func known(_ reference: String) throws(ImageError) -> StoredImage?
    /// Brings an image here if the policy says so, and waits until it can be run. Ends at once when the task is
    /// cancelled.
    ///
    /// - Parameter progress: told when the image is found and whenever a layer of it is further.
    func pull(
        _ reference: String, policy: PullPolicy, credentials: RegistryCredentials?,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) -> StoredImage
    /// Keeps an image, by its manifest's digest, as long as the value lives; nil if it is not here any more. Answers from
    /// memory.
    ///
    /// - Parameter user: the task, by which a refusal to remove the image names it.
    func hold(digest: Digest, user: String) -> (any HeldImage)?
    /// Who a container of the image runs as; reads the image's files.
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser
    /// Imports what is at a path; blocks until all is unpacked.
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage]
    /// All images, by name; answers from memory.
    func images() -> [StoredImage]
}

/// An image that is kept; ends with the value.
public protocol HeldImage: Sendable {}

extension ImageHold: HeldImage {}

/// Of an image that never goes.
private struct KeptForEver: HeldImage {}

extension TaskImages {
    /// Of images that nobody removes.
    public func hold(digest: Digest, user: String) -> (any HeldImage)? { KeptForEver() }

    /// Of images that are all here.
    public func ready(_ reference: String) throws(ImageError) -> StoredImage? { try image(reference) }

    /// Of images that are all in memory.
    public func known(_ reference: String) throws(ImageError) -> StoredImage? { try ready(reference) }

    public func pull(
        _ reference: String, policy: PullPolicy, credentials: RegistryCredentials?,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) -> StoredImage { try image(reference) }
}
