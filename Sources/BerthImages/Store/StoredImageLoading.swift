import BerthOCI
import BerthUnpack

extension ImageStore {
    /// The images of the rows, with their documents verified and their layers found; and what is wrong with the others.
    static func load(
        _ row: ImageRow, from directories: StoreDirectories, layers: LayerStore
    ) throws(ImageError) -> [StoredImage] {
        let names = row.names.isEmpty ? [("\(row.digest)", row.imported)] : row.names
        do throws(ImageError) {
            let (_, configuration) = try documents(row.digest, from: directories)
            var images: [StoredImage] = []
            for (name, named) in names {
                images.append(
                    try assemble(
                        name: name, digest: row.digest, configuration: configuration, layers: layers,
                        importedAt: Double(named) / 1000))
            }
            return images
        } catch {
            throw error.prefixed("the image \(names[0].0) is damaged and must be pulled or imported again")
        }
    }

    /// An image's manifest and configuration, verified.
    static func documents(
        _ digest: Digest, from directories: StoreDirectories
    ) throws(ImageError) -> (Manifest, ImageConfiguration) {
        let manifest = try Documents.manifest(try verified(digest, from: directories), name: "its manifest")
        return (
            manifest,
            try Documents.decode(
                ImageConfiguration.self, from: try verified(manifest.config.digest, from: directories),
                name: "its configuration")
        )
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
            // Holes count, and an image may have one layer many times.
            size = size.addingSaturated(layer.size)
        }
        try ImpliedAttributes(layers: paths).settle()
        if paths.count > layers.mostLayers, let flat = try layers.flattened(configuration.rootfs.diffIDs) {
            paths = [flat.path]
        }
        var image = StoredImage(
            name: name, digest: digest, configuration: configuration.forTasks, layers: paths, layersRoot: layers.root,
            size: size, platform: configuration.platform, importedAt: importedAt)
        image.mountPoints = layers.mountPoints
        return image
    }
}

extension ImageConfiguration {
    /// Without what no task needs: all images are kept in memory, and a stranger may write megabytes of labels.
    fileprivate var forTasks: ImageConfiguration {
        var kept = self
        kept.history = nil
        kept.config?.labels = nil
        kept.config?.volumes = nil
        kept.config?.exposedPorts = nil
        return kept
    }
}
