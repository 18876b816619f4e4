import BerthOCI
import BerthUnpack

/// The images that are offered, as rows say they are; in memory, so that a start waits for no disk.
struct Catalog: Sendable {
    private var named: [String: StoredImage] = [:]
    /// Every image once, also those that only a repository or a task definition's digest leads to.
    private var digests: [Digest: StoredImage] = [:]
    /// The names of each image.
    private var names: [Digest: Set<String>] = [:]

    /// All named images, by name.
    var all: [StoredImage] { named.values.sorted { ($0.name, $0.digest.hex) < ($1.name, $1.digest.hex) } }

    /// Takes an image in under its name, or under its digest alone.
    mutating func add(_ image: StoredImage) {
        if image.name != "\(image.digest)" {
            if let former = named[image.name], former.digest != image.digest {
                names[former.digest]?.remove(image.name)
            }
            named[image.name] = image
            names[image.digest, default: []].insert(image.name)
        }
        if digests[image.digest].map({ image.name < $0.name || $0.name == "\($0.digest)" }) ?? true {
            digests[image.digest] = image
        }
    }

    /// Takes a name away; the image stays under its digest.
    mutating func removeName(_ name: String) {
        guard let image = named.removeValue(forKey: name) else { return }
        names[image.digest]?.remove(name)
        guard digests[image.digest]?.name == name else { return }
        var other = image
        other.name = names[image.digest]?.min() ?? "\(image.digest)"
        digests[image.digest] = other
    }

    /// Takes an image away, with all of its names.
    mutating func remove(_ digest: Digest) {
        for name in names.removeValue(forKey: digest) ?? [] { named[name] = nil }
        digests[digest] = nil
    }

    /// The names of an image, in alphabetical order.
    func names(of digest: Digest) -> [String] { (names[digest] ?? []).sorted() }

    /// An image under each of its names; once under its digest if it has none.
    func images(of digest: Digest) -> [StoredImage] {
        let images = names(of: digest).compactMap { named[$0] }
        return images.isEmpty ? digests[digest].map { [$0] } ?? [] : images
    }

    subscript(digest: Digest) -> StoredImage? { digests[digest] }

    subscript(name name: String) -> StoredImage? { named[name] }

    /// By full or short name, with a tag or a digest, or by `sha256:…` alone.
    func find(_ text: String) throws(ImageError) -> StoredImage? {
        if let digest = Digest(text) { return digests[digest] }
        let reference = try Reference.parse(text)
        guard let digest = reference.digest else { return named[reference.description] }
        // Pulled by the digest of an index: that is no manifest's, but it is its name.
        if let exact = named["\(reference.repository)@\(digest)"] { return exact }
        let name = names(of: digest).first { (try? Reference($0))?.repository == reference.repository }
        // The digest may also be that of an index, by which the image was pulled.
        return named[name ?? "\(reference.repository)@\(digest)"]
    }
}

extension Reference {
    /// A reference a user gave.
    static func parse(_ text: String) throws(ImageError) -> Reference {
        do throws(Malformed) {
            return try Reference(text)
        } catch {
            throw ImageError(.invalidReference, "\"\(Printable.text(text))\" is no image reference: \(error)")
        }
    }
}
