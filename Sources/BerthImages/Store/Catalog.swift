import BerthOCI
import BerthUnpack

/// Which image has which name: the content of `index.json`, an OCI index.
struct Catalog: Sendable {
    /// Seconds since 1970, on every entry beside its name.
    static let importedKey = "io.berth.image.imported"

    private(set) var images: [String: StoredImage] = [:]
    /// The manifests' sizes, which the index states.
    private var manifestSizes: [Digest: Int64] = [:]

    var all: [StoredImage] { images.values.sorted { ($0.name, $0.digest.hex) < ($1.name, $1.digest.hex) } }

    /// Gives an image its name. An image that had it keeps the name of its digest, so that a task definition that was
    /// resolved to the digest still finds it.
    mutating func add(_ image: StoredImage, manifestSize: Int64) {
        if var former = images[image.name], former.digest != image.digest, let reference = try? Reference(former.name) {
            former.name = "\(reference.repository)@\(former.digest)"
            images[former.name] = former
        }
        images[image.name] = image
        manifestSizes[image.digest] = manifestSize
    }

    /// By full or short name, with a tag or a digest, or by `sha256:…` alone.
    func find(_ text: String) throws(ImageError) -> StoredImage? {
        if let digest = Digest(text) { return all.first { $0.digest == digest } }
        let reference = try Reference.parse(text)
        guard let digest = reference.digest else { return images[reference.description] }
        return all.first { image in
            image.digest == digest && (try? Reference(image.name))?.repository == reference.repository
        }
    }

    var index: Index {
        Index(
            manifests: all.map { image in
                Descriptor(
                    mediaType: .manifest, digest: image.digest, size: manifestSizes[image.digest] ?? 0,
                    platform: image.platform,
                    annotations: [AnnotationKey.referenceName: image.name, Self.importedKey: "\(image.importedAt)"])
            })
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
