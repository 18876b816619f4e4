import BerthImages

/// The images of this machine: those that were pushed to the registry inside, and those that were imported.
public struct LocalImages: TaskImages {
    private let store: ImageStore
    private let pushed: RepositoryImages

    public init(store: ImageStore, pushed: RepositoryImages) {
        self.store = store
        self.pushed = pushed
    }

    public func image(_ reference: String) throws(ImageError) -> StoredImage {
        if let image = try pushed.image(reference) { return image }
        return try store.image(reference)
    }

    public func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        try store.user(specification, in: image)
    }

    public func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] {
        try store.importImage(from: path, name: name)
    }

    public func images() -> [StoredImage] { store.images() }
}
