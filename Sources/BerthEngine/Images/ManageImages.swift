import BerthImages
import BerthModel

/// What an operator does with images; each call blocks, if at all, a thread of its own.
extension Engine {
    /// All that is known of an image.
    ///
    /// - Throws: ``ServiceError``, `NotFoundException` for one that is not here.
    public func inspectImage(_ reference: String) async throws -> ImageDetails {
        var details = try await managing { images throws(ImageError) in ImageDetails(try images.inspect(reference)) }
        // A parked sandbox is nobody's task yet, and gives way to who removes the image.
        let users = Set(live.all.map(\.imageUser))
        details.usedBy.removeAll { !users.contains($0) }
        return details
    }

    /// Removes a name, and with an image's last name the image.
    ///
    /// - Throws: ``ServiceError``, `InUseException` when tasks run on it: they are named.
    public func removeImage(_ reference: String) async throws -> ImageRemoved {
        try await withoutParked {
            try await managing { images throws(ImageError) in
                let removal = try images.remove(reference)
                return ImageRemoved(
                    untagged: removal.untagged, deleted: removal.deleted?.description, freedBytes: removal.freedBytes)
            }
        }
    }

    /// Removes images that have lost their tag, or all that no task runs on, and what nothing needs.
    public func pruneImages(all: Bool) async throws -> ImagesPruned {
        try await withoutParked {
            try await managing { images throws(ImageError) in
                let report = try images.store.prune(all: all)
                return ImagesPruned(
                    images: report.images, blobs: report.blobs, layers: report.layers, freedBytes: report.freedBytes)
            }
        }
    }

    /// What all images take up on the disk.
    public func imageDiskUse() async throws -> ImageDiskUse {
        try await managing { images throws(ImageError) in
            let use = try images.store.diskUse()
            return ImageDiskUse(
                images: try images.all().count, blobs: use.blobs, layers: use.layers, unused: use.unused,
                unfinished: use.unfinished, trash: use.trash)
        }
    }

    /// An image as an oci-archive, in pieces.
    ///
    /// - Returns: its size in bytes and where to read it from.
    public func saveImage(_ reference: String) async throws -> ImageDownload {
        let archive = try await managing { images throws(ImageError) in try images.archive(reference) }
        return ImageDownload(archive, threads: imageWorkers)
    }

    func managing<Value: Sendable>(
        _ body: @escaping @Sendable (LocalImages) throws(ImageError) -> Value
    ) async throws -> Value {
        guard let images = managedImages else {
            throw ServiceError(code: "UnsupportedException", message: "this daemon has no image store of its own")
        }
        do throws(ImageError) {
            return try await imageWorkers.run { () throws(ImageError) in try body(images) }
        } catch {
            throw ServiceError(error)
        }
    }
}

extension ImageDetails {
    fileprivate init(_ found: ImageInspection) {
        let configuration = found.image.configuration
        let execution = configuration.config
        var sizes = found.layers.map(\.size)[...]
        let history = (configuration.history ?? []).map { step in
            Step(
                created: step.created, createdBy: step.createdBy, comment: step.comment,
                size: step.emptyLayer == true ? nil : sizes.popFirst())
        }
        self.init(
            name: found.image.name, names: found.names, digest: "\(found.image.digest)",
            platform: "\(found.image.platform)", created: configuration.created,
            author: (configuration.history ?? []).compactMap(\.author).first { !$0.isEmpty }, size: found.image.size,
            diskSize: found.diskSize, importedAt: found.image.importedAt, usedAt: found.usedAt,
            isPulled: found.isPulled, usedBy: found.users,
            execution: Execution(
                user: execution?.user, environment: execution?.environment ?? [],
                entryPoint: execution?.entryPoint ?? [], command: execution?.command ?? [],
                workingDirectory: execution?.workingDirectory, stopSignal: execution?.stopSignal,
                exposedPorts: (execution?.exposedPorts ?? [:]).keys.sorted(),
                volumes: (execution?.volumes ?? [:]).keys.sorted(), labels: execution?.labels ?? [:]),
            layers: found.layers.map { layer in
                Layer(
                    diffID: "\(layer.diffID)", digest: "\(layer.descriptor.digest)",
                    mediaType: layer.descriptor.mediaType.rawValue, compressedSize: layer.descriptor.size,
                    size: layer.size, isKept: layer.isKept)
            }, history: history)
    }
}
