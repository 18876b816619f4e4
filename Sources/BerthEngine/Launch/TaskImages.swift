import BerthImages

/// What the engine needs of the image store; tests put directories of their own in its place.
public protocol TaskImages: Sendable {
    /// The image of a name as users write it; answers from memory.
    func image(_ reference: String) throws(ImageError) -> StoredImage
    /// Who a container of the image runs as; reads the image's files.
    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser
    /// Imports what is at a path; blocks until all is unpacked.
    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage]
    /// All images, by name; answers from memory.
    func images() -> [StoredImage]
}

extension ImageStore: TaskImages {}
