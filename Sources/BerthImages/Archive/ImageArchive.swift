import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc

/// An image as an oci-archive: a tar of an OCI layout, whose blobs are the very bytes that were pulled or imported.
///
/// The same image gives the same archive. Its files are open, so it can be read to its end whatever is removed meanwhile.
public struct ImageArchive: Sendable {
    private enum Content {
        case bytes([UInt8])
        case region(Region)
    }
    private struct Piece {
        var content: Content
        var length: Int64
    }
    private var pieces: [Piece] = []
    private var piece = 0
    private var position: Int64 = 0
    /// Bytes of the whole archive.
    public private(set) var size: Int64 = 0

    /// Bytes handed out at a time, at most.
    private static let chunk = 512 << 10

    fileprivate init() {}

    fileprivate mutating func add(_ name: String, _ bytes: [UInt8]) {
        add(name, .bytes(bytes), Int64(bytes.count))
    }

    fileprivate mutating func add(_ name: String, _ region: Region) {
        add(name, .region(region), region.length)
    }

    /// Two empty blocks end an archive.
    fileprivate mutating func end() { append([UInt8](repeating: 0, count: 2 * TarHeader.blockSize)) }

    private mutating func add(_ name: String, _ content: Content, _ length: Int64) {
        append(TarHeader.file(name, size: length))
        pieces.append(Piece(content: content, length: length))
        size += length
        let padding = TarHeader.padding(after: length)
        if padding > 0 { append([UInt8](repeating: 0, count: padding)) }
    }

    private mutating func append(_ bytes: [UInt8]) {
        pieces.append(Piece(content: .bytes(bytes), length: Int64(bytes.count)))
        size += Int64(bytes.count)
    }

    /// The next bytes; empty at the end. Blocks.
    public mutating func next() throws(ImageError) -> [UInt8] {
        while piece < pieces.count, position == pieces[piece].length {
            piece += 1
            position = 0
        }
        guard piece < pieces.count else { return [] }
        let bytes: [UInt8]
        switch pieces[piece].content {
        case .bytes(let all): bytes = all
        case .region(let region): bytes = try Self.read(region, at: position)
        }
        position += Int64(bytes.count)
        return bytes
    }

    private static func read(_ region: Region, at position: Int64) throws(ImageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(min(Int64(chunk), region.length - position)))
        let count = try storing { () throws(LinuxError) in
            try check("read", region.name) {
                bytes.withUnsafeMutableBytes {
                    pread(region.file.number, $0.baseAddress, $0.count, off_t(region.offset + position))
                }
            }
        }
        guard count > 0 else {
            throw ImageError(
                .sizeMismatch, "\(region.name) became shorter while it was read: the store's disk is damaged")
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}

extension ImageStore {
    /// An image as an oci-archive, under the name it was asked for by.
    ///
    /// An archive of other layers would be another image with another digest, so none is made up: an image whose
    /// compressed layers are not kept is refused.
    ///
    /// - Parameter name: what to call it instead.
    /// - Throws: ``ImageError/Code/unsupported`` for such an image; else as ``image(_:)``.
    public func archive(_ reference: String, as name: String? = nil) throws(ImageError) -> ImageArchive {
        var image = try image(reference)
        if let name { image.name = name }
        let (manifest, configuration) = try Self.documents(image.digest, from: directories)
        guard let manifestSize = try blobs.size(image.digest) else { throw Self.incomplete(image, image.digest) }
        var archive = ImageArchive()
        archive.add("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
        var entry = Descriptor(
            mediaType: manifest.mediaType ?? .manifest, digest: image.digest, size: manifestSize,
            platform: configuration.platform)
        if image.name != "\(image.digest)", !image.name.contains("@") {
            // The specification's, as podman and skopeo read it, and containerd's.
            entry.annotations = [
                AnnotationKey.referenceName: image.name, AnnotationKey.containerdImageName: image.name,
            ]
        }
        archive.add("index.json", try Documents.encode(Index(manifests: [entry])))
        var seen: Set<Digest> = []
        for digest in [image.digest, manifest.config.digest] + manifest.layers.map(\.digest)
        where seen.insert(digest).inserted {
            guard let region = try blobs.blob(digest) else { throw Self.incomplete(image, digest) }
            archive.add("blobs/sha256/\(digest.hex)", region)
        }
        archive.end()
        return archive
    }

    private static func incomplete(_ image: StoredImage, _ digest: Digest) -> ImageError {
        ImageError(
            .unsupported,
            "the image \(image.name) cannot be saved as it was: the compressed bytes of its layer \(digest) are not kept, "
                + "because it was imported from plain tars or while images.keepBlobs was false; save it where it came "
                + "from, or import it from an archive with compressed layers and save that"
        )
    }
}
