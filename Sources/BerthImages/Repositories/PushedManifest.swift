import BerthOCI
import BerthUnpack

/// A manifest or index as a client pushed it, as far as a registry must understand it.
struct PushedManifest: Sendable {
    var mediaType: MediaType
    var artifactType: String?
    var subject: Digest?
    var annotations: [String: String]?
    /// Configuration and layers, which the repository must have.
    var blobs: [Descriptor] = []
    /// What an index lists, which the repository must have too.
    var manifests: [Descriptor] = []

    /// Reads a document; strict where a lenient reader would let two readers see two images.
    ///
    /// - Parameters:
    ///   - declared: the request's media type; nil if it has none.
    ///   - usual: what it is taken for when neither the request nor the document says; nil to refuse that.
    /// - Throws: ``RepositoryError/manifestInvalid(_:)``.
    init(_ bytes: [UInt8], declared: String?, usual: MediaType? = nil) throws(RepositoryError) {
        let document: Document
        do throws(ImageError) {
            document = try Documents.decode(Document.self, from: bytes, name: "the manifest")
        } catch {
            throw .manifestInvalid(error.message)
        }
        if let fault = UnambiguousJSON.fault(in: bytes) {
            throw .manifestInvalid("\(fault); other readers may see another image in it")
        }
        guard document.schemaVersion == 2 else {
            throw .manifestInvalid("only manifests of schemaVersion 2 are taken, not Docker's first ones")
        }
        guard let type = declared.map(MediaType.init(rawValue:)) ?? document.mediaType ?? usual else {
            throw .manifestInvalid("neither the request nor the manifest says its media type")
        }
        if let own = document.mediaType, own != type {
            throw .manifestInvalid("the request calls the manifest \(type), but the manifest calls itself \(own)")
        }
        guard type.isIndex || type.isManifest else {
            throw .manifestInvalid("\(Printable.text(type.rawValue)) is no manifest or index of OCI's or Docker's kind")
        }
        let hasImage = document.config != nil || document.layers != nil
        // CVE-2021-41190: what can be read as both names two images.
        guard document.manifests == nil || !hasImage else {
            throw .manifestInvalid("it is both a manifest and an index; which one is meant cannot be known")
        }
        mediaType = type
        subject = document.subject?.digest
        annotations = document.annotations
        artifactType = document.artifactType
        if type.isIndex {
            guard let manifests = document.manifests else { throw .manifestInvalid("the index lists no manifests") }
            self.manifests = manifests
        } else {
            guard let config = document.config else { throw .manifestInvalid("the manifest has no config") }
            blobs = [config] + (document.layers ?? []).filter(\.mediaType.isDistributable)
            artifactType = artifactType.flatMap { $0.isEmpty ? nil : $0 } ?? config.mediaType.rawValue
        }
        guard (blobs + manifests).allSatisfy({ $0.size >= 0 }) else {
            throw .manifestInvalid("a descriptor's size is negative")
        }
    }

    /// Bytes of configuration and layers, each counted once.
    var imageSize: Int64 {
        var seen: Set<Digest> = []
        // Sizes are strangers'.
        return blobs.filter { seen.insert($0.digest).inserted }.reduce(0) { $0.addingSaturated($1.size) }
    }

    private struct Document: Decodable {
        var schemaVersion: Int?
        var mediaType: MediaType?
        var artifactType: String?
        var config: Descriptor?
        var layers: [Descriptor]?
        var manifests: [Descriptor]?
        var subject: Descriptor?
        var annotations: [String: String]?
    }
}

extension MediaType {
    /// Layers of other kinds lie at addresses that their descriptors name, and are not pushed.
    fileprivate var isDistributable: Bool {
        !rawValue.hasPrefix("application/vnd.oci.image.layer.nondistributable.")
            && !rawValue.hasPrefix("application/vnd.docker.image.rootfs.foreign.")
    }
}
