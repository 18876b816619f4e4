import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

extension ImageStore {
    /// Whether an image has more layers than a start should have to lay over each other.
    func needsFlattening(_ image: StoredImage) -> Bool { image.layers.count > layers.mostLayers }

    /// Makes a flattened copy of every image with very many layers that has none yet; later starts use it.
    ///
    /// - Throws: the first error; the other images are done all the same.
    func flattenImages() throws(ImageError) {
        var failure: ImageError?
        for image in catalog.withLock({ $0.all }) where needsFlattening(image) {
            do throws(ImageError) { try flatten(image) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    private func flatten(_ image: StoredImage) throws(ImageError) {
        guard let hold = hold(digest: image.digest, user: "flattening") else { return }
        defer { hold.release() }
        let diffIDs = image.configuration.rootfs.diffIDs
        let digest = try LayerStore.flatDigest(diffIDs)
        let lease = try lease(owner: "flatten \(digest)")
        defer { try? lease.release() }
        try lease.hold([digest])
        do throws(ImageError) {
            try layers.flatten(diffIDs, as: digest)
        } catch {
            throw FullDisk.explain(error.prefixed("flattening \(image.name)"), path: root)
        }
        if durability == .powerLoss { try layers.sync() }
        try changes.withLock(Self.list) { () throws(ImageError) in
            let images = catalog.withLock { $0.images(of: image.digest) }
            guard !images.isEmpty else { return }
            try database.change { database in
                try ImageRow.insert(
                    image.digest, parts: [digest], pulled: false, synced: false, now: Now.milliseconds, in: database)
                try ImageRow.markSynced([digest], in: database)
            }
            catalog.withLock { catalog in
                for var image in images {
                    image.layers = ["\(layers.path)/\(digest.hex)"]
                    catalog.add(image)
                }
            }
        }
    }
}

extension LayerStore {
    /// What the flattened copy of these layers is called: a digest of theirs, which no tar has.
    static func flatDigest(_ diffIDs: [Digest]) throws(ImageError) -> Digest {
        try Documents.digest(of: Array(("flattened\n" + diffIDs.map(\.hex).joined(separator: "\n")).utf8))
    }

    /// The flattened copy of these layers; nil if there is none.
    func flattened(_ diffIDs: [Digest]) throws(ImageError) -> Layer? { try layer(try Self.flatDigest(diffIDs)) }

    /// Makes it, unless it is there.
    func flatten(_ diffIDs: [Digest], as digest: Digest) throws(ImageError) {
        try inWork.withLock(digest.hex) { () throws(ImageError) in
            if try layer(digest) != nil { return }
            let workspace = try Workspace(staging: staging)
            defer { workspace.remove() }
            let merge = LayerMerge(target: try workspace.subdirectory("flat"))
            var size: Int64 = 0
            for diffID in diffIDs {
                guard let layer = try layer(diffID) else {
                    throw ImageError(.notFound, "the layer \(diffID) is not unpacked")
                }
                size = size.addingSaturated(layer.size)
                // One that hides all below it is laid over nothing.
                if layer.hidesAll { try merge.clear() }
                try storing { () throws(LinuxError) in
                    try merge.apply(try OwnedDescriptor.open(layer.path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
                }
            }
            try finish(merge.target.number, size: size)
            try place("flat", as: digest, size: size, isFlat: true, from: workspace)
        }
    }
}
