import BerthLinux
import BerthOCI
import Glibc

/// One layer, unpacked below the root directory of the calling process: what `berth-unpack` does once it is confined.
package struct UnpackJob {
    private let request: UnpackRequest
    private let channel: UnpackChannel
    private let blob: SharedDescriptor

    /// - Parameter blob: the file of the layer's blob.
    package init(_ request: UnpackRequest, blob: SharedDescriptor, channel: UnpackChannel) {
        self.request = request
        self.channel = channel
        self.blob = blob
    }

    /// Unpacks the layer. The calling thread's umask must be 0.
    ///
    /// - Throws: also when the daemon is gone.
    package func run() throws(ImageError) -> LayerExtractor.Summary {
        let raw = ArrivingStream(
            file: blob, offset: request.offset,
            growth: Growth(length: request.length, isComplete: request.isComplete), subject: request.subject
        ) { [channel] position throws(ImageError) in
            try channel.send(UnpackAnswer.wantsMore(than: position).message)
            guard let message = try channel.receive() else { throw ImageError(.cancelled, "the daemon is gone") }
            return try Growth(message: message)
        }
        // A plain layer is its own DiffID; hashing it twice proves nothing more.
        let hashed = request.blobDigest.flatMap { $0 == request.diffID ? nil : $0 }.map {
            DigestStream(raw, expected: $0, subject: request.subject)
        }
        do throws(ImageError) {
            let summary = try extract(hashed ?? raw)
            try hashed?.drain()
            return summary
        } catch {
            // Damaged bytes fail somewhere on the way; the digest tells damage from a layer that was made wrong.
            if error.code == .malformed || error.code == .limitExceeded { try (hashed ?? wholeBlob())?.drain() }
            throw error
        }
    }

    /// The blob from its start, held against its digest; nil if others hold it against one.
    private func wholeBlob() -> DigestStream? {
        request.blobDigest.map {
            let whole = Region(file: blob, offset: request.offset, length: request.length, name: request.subject)
            return DigestStream(
                RegionStream(whole, cancellation: Cancellation()), expected: $0, subject: request.subject)
        }
    }

    private func extract(_ blob: any ByteStream) throws(ImageError) -> LayerExtractor.Summary {
        let tar = DigestStream(
            try Compression.inflate(blob, subject: request.subject, limits: request.limits), expected: request.diffID,
            subject: "the tar in \(request.subject)", limit: request.limits.maximumBytes)
        let reader = try TarReader(tar, subject: request.subject)
        let tree = try LayerDirectory(
            root: try directory(UnpackRequest.treeName), trash: try directory(UnpackRequest.trashName))
        let records = try storing { () throws(LinuxError) in
            try OwnedDescriptor.open(
                UnpackRequest.recordsName, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        }
        var extractor = LayerExtractor(tree: tree, directories: DirectoryRecords(file: records), limits: request.limits)
        let summary = try extractor.extract(reader)
        // The end of the archive is not the end of the bytes: padding belongs to the DiffID.
        try tar.drain()
        return summary
    }

    private func directory(_ name: String) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try check("make", name) { mkdir(name, 0o700) }
            return try OwnedDescriptor.open(name, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }
}
