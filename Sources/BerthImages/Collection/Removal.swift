import BerthOCI
import BerthUnpack
import GRDB

/// What removing an image has done.
public struct ImageRemoval: Equatable, Sendable {
    /// Names that are gone.
    public var untagged: [String]
    /// The manifest's digest, if the image itself is gone.
    public var deleted: Digest?
    /// Bytes on the disk that this freed: of what no other image shares.
    public var freedBytes: Int64
}

extension ImageStore {
    /// Removes a name, and with an image's last name the image. A digest alone means all names of its image.
    ///
    /// - Throws: ``ImageError/Code/notFound``, ``ImageError/Code/inUse`` when the image would go and tasks run on it.
    public func remove(_ reference: String) throws(ImageError) -> ImageRemoval {
        try measure()
        let removal = try changes.withLock(Self.list) { () throws(ImageError) -> ImageRemoval in
            let image = try image(reference)
            let all = catalog.withLock { $0.names(of: image.digest) }
            let names = Digest(reference) == nil ? [image.name] : all
            let isLast = Set(all).subtracting(names).isEmpty
            // A repository's image goes on without a name of its own.
            if isLast, try !isRooted(image.digest) { return try remove(image, names: names) }
            try removeNames(names)
            return ImageRemoval(untagged: names, deleted: nil, freedBytes: 0)
        }
        try emptyTrash()
        return removal
    }

    private func isRooted(_ digest: Digest) throws(ImageError) -> Bool {
        let roots = roots.withLock { $0 }
        return try database.query { database in
            for root in roots where try root(database).contains(digest) { return true }
            return false
        }
    }

    private func removeNames(_ names: [String]) throws(ImageError) {
        try database.change { database in
            for name in names {
                try database.execute(sql: "DELETE FROM image_name WHERE name = ?", arguments: [name])
            }
        }
        catalog.withLock { catalog in
            for name in names { catalog.removeName(name) }
        }
    }

    private func remove(_ image: StoredImage, names: [String]) throws(ImageError) -> ImageRemoval {
        let parts = try database.query {
            try String.fetchSet($0, sql: "SELECT digest FROM image_part WHERE image = ?", arguments: [image.digest.hex])
        }
        let report = try remove([image.digest]) { Sweep(kept: $0, cutoff: .min, only: parts) }
        if self.image(digest: image.digest) != nil {
            throw inUse(image.digest, name: image.name)
        }
        return ImageRemoval(untagged: names, deleted: image.digest, freedBytes: report.freedBytes)
    }

    /// Why an image stays that tasks run on.
    func inUse(_ digest: Digest, name: String) -> ImageError {
        let users = holds.users(of: digest)
        return ImageError(
            .inUse,
            "the image \(name) is used by \(users.prefix(5).joined(separator: ", "))"
                + (users.count > 5 ? " and \(users.count - 5) more" : "")
                + "; stop them first, or wait for their end")
    }
}
