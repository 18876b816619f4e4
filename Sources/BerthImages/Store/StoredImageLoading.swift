import BerthOCI
import BerthUnpack

extension ImageStore {
    /// An image of the list, with its documents verified and its layers found.
    static func load(
        _ entry: Descriptor, from directories: StoreDirectories, layers: LayerStore
    ) throws(ImageError) -> StoredImage {
        guard let name = entry.annotations?[AnnotationKey.referenceName],
            let importedAt = entry.annotations?[Catalog.importedKey].flatMap(Double.init)
        else {
            throw ImageError(
                .malformed, "index.json lists \(entry.digest) without a name or time; import the image again")
        }
        do throws(ImageError) {
            let manifest = try Documents.manifest(try verified(entry.digest, from: directories), name: "its manifest")
            let configuration = try Documents.decode(
                ImageConfiguration.self, from: try verified(manifest.config.digest, from: directories),
                name: "its configuration")
            return try assemble(
                name: name, digest: entry.digest, configuration: configuration, layers: layers, importedAt: importedAt)
        } catch {
            throw error.prefixed("the image \(name) is damaged and must be imported again")
        }
    }

    private static func verified(_ digest: Digest, from directories: StoreDirectories) throws(ImageError) -> [UInt8] {
        guard let bytes = try directories.blob(digest) else {
            throw ImageError(.notFound, "the blob \(digest) is missing")
        }
        guard try Documents.digest(of: bytes) == digest else {
            throw ImageError(.digestMismatch, "the blob \(digest) does not hash to its name")
        }
        return bytes
    }

    /// Puts an image together from its unpacked layers.
    static func assemble(
        name: String, digest: Digest, configuration: ImageConfiguration, layers: LayerStore, importedAt: Double
    ) throws(ImageError) -> StoredImage {
        var paths: [String] = []
        var size: Int64 = 0
        for diffID in configuration.rootfs.diffIDs {
            guard let layer = try layers.layer(diffID) else {
                throw ImageError(.notFound, "the layer \(diffID) is not unpacked")
            }
            if layer.hidesAll { paths.removeAll() }
            paths.append(layer.path)
            size += layer.size
        }
        return StoredImage(
            name: name, digest: digest, configuration: configuration, layers: paths, layersRoot: layers.path,
            size: size,
            platform: configuration.platform, importedAt: importedAt)
    }
}
