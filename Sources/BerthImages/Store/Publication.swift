import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB

extension ImageStore {
    /// Offers an image whose layers are all unpacked. It is on the disk when this returns, but for one that was pulled:
    /// that can be had again, is offered at once, and written to the disk right after (``Settling``).
    ///
    /// The caller holds all digests of it by a ``StoreLease``.
    ///
    /// - Parameters:
    ///   - names: none for an image that is run by its digest alone; what keeps it then are the store's other roots.
    ///   - pulled: whether a registry has it, so that it may be removed when it has not been used for long.
    /// - Returns: the image under each of its names; without any, once under its digest.
    func publish(
        _ image: PendingImage, names: [Reference], pulled: Bool = false
    ) throws(ImageError) -> [StoredImage] {
        let settlesLater = pulled && durability == .powerLoss
        if settlesLater {
            if try blobs.size(image.configurationDigest) == nil {
                try blobs.put(image.configurationBytes, as: image.configurationDigest)
            }
            if try blobs.size(image.digest) == nil { try blobs.put(image.manifest, as: image.digest) }
        } else {
            try blobs.put(image.configurationBytes, as: image.configurationDigest, synced: true)
            try blobs.put(image.manifest, as: image.digest, synced: true)
            if durability == .powerLoss { try layers.sync() }
        }
        let manifest = try Documents.manifest(image.manifest, name: "the manifest \(image.digest)")
        var parts = [image.digest, image.configurationDigest] + image.configuration.rootfs.diffIDs
        // Otherwise a pull's go when garbage is collected, unless a repository has them.
        if keepsBlobs { parts += manifest.layers.map(\.digest) }
        let published = try changes.withLock(Self.list) { () throws(ImageError) in
            let now = Now.milliseconds
            var stored: [StoredImage] = []
            for name in names.isEmpty ? ["\(image.digest)"] : names.map(\.description) {
                stored.append(
                    try Self.assemble(
                        name: name, digest: image.digest, configuration: image.configuration, layers: layers,
                        importedAt: Double(now) / 1000))
            }
            let former = catalog.withLock { catalog in
                names.compactMap { Self.displaced($0, by: image.digest, in: catalog) }
            }
            let write = { (database: Database) in
                try ImageRow.insert(
                    image.digest, parts: parts, pulled: pulled, synced: !settlesLater, now: now, in: database)
                if !settlesLater { try ImageRow.markSynced(parts, in: database) }
                for name in names {
                    try ImageRow.name(
                        image.digest, name.description,
                        former: former.first { $0.old.name == name.description }?.new.name, now: now, in: database)
                }
            }
            if settlesLater { try database.changeSoon(write) } else { try database.change(write) }
            catalog.withLock { catalog in
                for change in former {
                    catalog.removeName(change.old.name)
                    catalog.add(change.new)
                }
                for image in stored { catalog.add(image) }
            }
            return stored
        }
        if settlesLater { settling.begin() }
        if published.contains(where: needsFlattening) { flattener.withLock { $0 }?() }
        return published
    }

    /// An image that loses its name to another keeps the name of its digest, so that a task definition that was
    /// resolved to the digest still finds it.
    private static func displaced(
        _ name: Reference, by digest: Digest, in catalog: Catalog
    ) -> (old: StoredImage, new: StoredImage)? {
        guard let old = catalog[name: name.description], old.digest != digest else { return nil }
        var new = old
        new.name = "\(name.repository)@\(old.digest)"
        return (old, new)
    }
}
