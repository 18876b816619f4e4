import BerthImages
import BerthOCI

/// What an operator asks of images, whether they were pulled, imported or pushed. Calls block.
extension LocalImages {
    /// All images, by name.
    func all() throws(ImageError) -> [StoredImage] {
        (store.images() + (try pushed.tagged())).sorted { ($0.name, $0.digest.hex) < ($1.name, $1.digest.hex) }
    }

    /// All that is known of an image; one that was just pushed is waited for.
    func inspect(_ reference: String) throws(ImageError) -> ImageInspection {
        let own = try pushed.image(reference)
        var found = try store.inspect(own.map { "\($0.digest)" } ?? reference)
        found.names = (found.names + (try pushed.names(of: found.image.digest))).sorted()
        if own != nil {
            found.image.name = Self.whole(reference)
        } else if found.image.name == "\(found.image.digest)", let name = found.names.first {
            found.image.name = name
        }
        return found
    }

    /// An image as an oci-archive.
    func archive(_ reference: String) throws(ImageError) -> ImageArchive {
        guard let image = try pushed.image(reference) else { return try store.archive(reference) }
        return try store.archive("\(image.digest)", as: Self.whole(reference))
    }

    /// Removes a name, and with an image's last name the image.
    func remove(_ reference: String) throws(ImageError) -> ImageRemoval {
        if let removal = try pushed.remove(reference) { return removal }
        let digest = try store.image(reference).digest
        let removal = try store.remove(reference)
        guard removal.untagged.isEmpty, removal.deleted == nil else { return removal }
        let names = try pushed.names(of: digest)
        throw ImageError(
            .inUse,
            names.isEmpty
                ? "a repository of the registry inside has the image \(reference); delete it there: aws ecr batch-delete-image"
                : "the image \(reference) was pushed as \(names.joined(separator: ", ")); remove it by name: berth image rm "
                    + names.joined(separator: " "))
    }

    /// A reference with its tag.
    private static func whole(_ reference: String) -> String { (try? Reference(reference))?.description ?? reference }
}
