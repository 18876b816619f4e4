import BerthOCI
import BerthUnpack
import GRDB

/// Pushed images as an operator looks after them, beside those that were pulled or imported. Their names are the
/// repositories' tags: no row of the image store's has them.
extension RepositoryImages {
    /// What runs at once, under each of its tags: `HOST:PORT/team/app:v1`. What is not unpacked is left out: signatures,
    /// images for other machines, and those whose push has just ended.
    public func tagged() throws(ImageError) -> [StoredImage] {
        let rows = try store.database.query { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT repository.name, tag.tag, tag.digest, manifest.pushed
                    FROM repository_tag AS tag JOIN repository ON repository.id = tag.repository
                    JOIN repository_manifest AS manifest
                        ON manifest.repository = tag.repository AND manifest.digest = tag.digest
                    ORDER BY repository.name, tag.tag
                    """
            ).map { (name: "\($0[0] as String):\($0[1] as String)", digest: $0[2] as String, pushed: $0[3] as Int64) }
        }
        var images: [StoredImage] = []
        for row in rows {
            guard let digest = Digest(row.digest), var image = try? unpacked(digest) else { continue }
            image.name = "\(host)/\(row.name)"
            image.importedAt = Double(row.pushed) / 1000
            images.append(image)
        }
        return images
    }

    /// What the tags of repositories call an image.
    public func names(of digest: Digest) throws(ImageError) -> [String] {
        try tagged().filter { $0.digest == digest }.map(\.name)
    }

    /// Takes a tag, or a manifest with all its tags, from its repository; the image goes with its last name.
    ///
    /// - Returns: nil for what another registry's name is.
    /// - Throws: ``ImageError/Code/notFound``; ``ImageError/Code/inUse`` when the image would go and tasks run on it, or
    ///   an index lists it.
    public func remove(_ text: String) throws(ImageError) -> ImageRemoval? {
        guard let reference = try? Reference(text), let (name, manifest) = own.localReference(reference) else {
            return nil
        }
        let image = try unpacked(text)
        let gone: KeptManifest
        let isWhole: Bool
        do throws(RepositoryError) {
            let before = try repositories.describe(manifest, in: name)
            switch manifest {
            case .tag(let tag):
                isWhole = before.tags == [tag]
                if isWhole { try refuseInUse(image, text) }
                gone = try repositories.untag(tag, in: name)
            case .digest:
                isWhole = true
                try refuseInUse(image, text)
                gone = try repositories.delete(manifest, in: name)
            }
        } catch {
            throw ImageError(error, text)
        }
        var removal = ImageRemoval(
            untagged: (manifest.tag.map { [$0] } ?? gone.tags).map { "\(host)/\(name):\($0)" }, deleted: nil,
            freedBytes: 0)
        // An index has gone without the images it listed; and an image may have names of its own.
        guard isWhole, let image, image.digest == gone.digest,
            store.catalog.withLock({ $0.names(of: image.digest).isEmpty })
        else { return removal }
        // A task that has begun just now keeps it until garbage is collected.
        if let end = try? store.remove("\(image.digest)"), let deleted = end.deleted {
            removal.deleted = deleted
            removal.freedBytes = end.freedBytes
        }
        return removal
    }

    /// The name by which references to this registry are shown.
    private var host: String { own.names.first ?? own.cloudName }

    private func refuseInUse(_ image: StoredImage?, _ text: String) throws(RepositoryError) {
        guard let image, !store.holds.users(of: image.digest).isEmpty else { return }
        throw .storage(store.inUse(image.digest, name: Printable.text(text)))
    }
}

extension ManifestReference {
    fileprivate var tag: String? {
        if case .tag(let tag) = self { tag } else { nil }
    }
}
