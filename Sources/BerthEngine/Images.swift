import BerthImages
import BerthModel

extension Engine {
    /// Imports an OCI layout directory, an oci-archive or a docker-archive at a path of this host.
    ///
    /// - Parameter tag: the image's name; nil for the names that it brings along.
    /// - Throws: `ImageError`, which says what is wrong and what to do.
    public func importImage(path: String, tag: String?) async throws -> [ImageSummary] {
        try await imports.run { [images] in try images.importImage(from: path, name: tag) }.map(ImageSummary.init)
    }

    /// All images, by name.
    public func listImages() async throws -> [ImageSummary] { images.images().map(ImageSummary.init) }
}

extension ImageSummary {
    fileprivate init(_ image: StoredImage) {
        self.init(
            name: image.name, digest: image.digest.description, size: image.size, layers: image.layers.count,
            platform: "\(image.platform.os)/\(image.platform.architecture)", importedAt: image.importedAt)
    }
}
