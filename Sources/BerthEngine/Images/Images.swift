import BerthImages
import BerthModel

extension Engine {
    /// Imports an OCI layout directory, an oci-archive or a docker-archive at a path of this host.
    ///
    /// - Parameter tag: the image's name; nil for the names that it brings along.
    /// - Throws: ``ServiceError``, which says what is wrong and what to do; nothing is then left of the import.
    public func importImage(path: String, tag: String?) async throws -> [ImageSummary] {
        do {
            let imported = try await imports.run { [images] in try images.importImage(from: path, name: tag) }
            return imported.map(ImageSummary.init)
        } catch let error as ImageError {
            throw ServiceError(error)
        }
    }

    /// All images, by name; also those that were pushed, under their tags.
    public func listImages() async throws -> [ImageSummary] {
        guard managedImages != nil else { return images.images().map(ImageSummary.init) }
        return try await managing { images throws(ImageError) in try images.all().map(ImageSummary.init) }
    }
}

extension ImageSummary {
    init(_ image: StoredImage) {
        self.init(
            name: image.name, digest: image.digest.description, size: image.size, layers: image.layers.count,
            platform: "\(image.platform.os)/\(image.platform.architecture)", importedAt: image.importedAt)
    }
}

extension ServiceError {
    /// The code in the API's spelling: `digestMismatch` is `DigestMismatchException`.
    init(_ error: ImageError) {
        let code = error.code.rawValue
        self.init(code: code.prefix(1).uppercased() + code.dropFirst() + "Exception", message: error.message)
    }
}
