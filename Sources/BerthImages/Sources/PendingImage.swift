import BerthOCI
import BerthUnpack

/// An image found in a source, its documents verified, its layers not yet read.
struct PendingImage: Sendable {
    /// Names the source gives it, as they stand there.
    var names: [String]
    var manifest: [UInt8]
    var digest: Digest
    var configuration: ImageConfiguration
    var configurationBytes: [UInt8]
    var configurationDigest: Digest
    /// Lowest first.
    var layers: [PendingLayer]
}

/// A layer to unpack.
struct PendingLayer: Sendable {
    /// What its tar must hash to.
    var diffID: Digest
    /// What its bytes as they lie there must hash to; nil where the source does not say (docker save).
    var blobDigest: Digest?
    var content: LayerContent

    init(diffID: Digest, blobDigest: Digest?, content: LayerContent) {
        self.diffID = diffID
        self.blobDigest = blobDigest
        self.content = content
    }

    init(diffID: Digest, blobDigest: Digest?, region: Region) {
        self.init(diffID: diffID, blobDigest: blobDigest, content: .region(region))
    }
}

/// Where a layer's bytes come from.
enum LayerContent: Sendable {
    /// They are all there; whoever unpacks them checks their digest.
    case region(Region)
    /// They are on their way; whoever fetches them checks their digest.
    case growing(GrowingBlob)

    /// What a user calls it, for messages.
    var name: String {
        switch self {
        case .region(let region): region.name
        case .growing(let blob): blob.name
        }
    }

    /// Bytes that are there.
    var length: Int64 {
        switch self {
        case .region(let region): region.length
        case .growing(let blob): blob.state.length
        }
    }
}

extension ImageConfiguration {
    /// What an overlay can have (the kernel's OVL_MAX_STACK).
    private static let maximumLayers = 500

    /// Reads a configuration and holds it against the manifest's layers and this machine.
    static func checked(
        _ bytes: [UInt8], name: String, layers: Int, host: Platform
    ) throws(ImageError) -> ImageConfiguration {
        let configuration = try Documents.decode(ImageConfiguration.self, from: bytes, name: name)
        guard configuration.platform.runs(on: host) else {
            throw ImageError(
                .wrongPlatform,
                "\(name) is for \(Printable.text(configuration.platform.description)), and this machine is \(host); "
                    + "import the image for \(host)")
        }
        guard layers <= maximumLayers else {
            throw ImageError(
                .limitExceeded,
                "\(name) has \(layers) layers; an image may have \(maximumLayers). Rebuild it with fewer")
        }
        guard configuration.rootfs.diffIDs.count == layers else {
            throw ImageError(
                .malformed,
                "\(name) lists \(configuration.rootfs.diffIDs.count) DiffIDs for \(layers) layers; "
                    + "every layer needs one"
            )
        }
        return configuration
    }
}
