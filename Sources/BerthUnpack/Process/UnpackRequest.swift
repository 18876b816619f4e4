import BerthOCI

/// What `berth-unpack` is asked to do: one layer into one directory.
package struct UnpackRequest: Equatable, Sendable {
    /// The descriptors that the process is started with.
    package enum Descriptor {
        /// A socket to the daemon (``UnpackChannel``).
        package static let channel: Int32 = 3
        /// The empty directory that becomes its whole file system; the layer's tree is then in ``treeName``.
        package static let workspace: Int32 = 4
        /// The file with the layer's blob, readable only.
        package static let blob: Int32 = 5
        /// The program itself.
        package static let program: Int32 = 6
    }

    /// The name of the layer's tree in the workspace.
    package static let treeName = "root"
    /// Beside it: what the layer itself replaced, and what is left to do to its directories.
    static let trashName = "replaced"
    static let recordsName = "directories"

    /// Who asks: the process dies with it.
    package var parent: Int32
    /// The seccomp program it loads, 8 bytes an instruction.
    package var filter: [UInt8]
    /// What the tar must hash to.
    package var diffID: Digest
    /// What the blob must hash to, of which the same as the DiffID is only looked at when something is wrong; nil if
    /// somebody else sees to it.
    package var blobDigest: Digest?
    /// Bytes of the file before the blob.
    package var offset: Int64
    /// Bytes of the blob that are there.
    package var length: Int64
    /// Whether that is all of it; if not, the process asks for more.
    package var isComplete: Bool
    /// What a user calls the blob, for messages.
    package var subject: String
    /// What the layer may cost.
    package var limits: LayerLimits

    package init(
        parent: Int32, filter: [UInt8], diffID: Digest, blobDigest: Digest?, offset: Int64, length: Int64,
        isComplete: Bool, subject: String, limits: LayerLimits
    ) {
        self.parent = parent
        self.filter = filter
        self.diffID = diffID
        self.blobDigest = blobDigest
        self.offset = offset
        self.length = length
        self.isComplete = isComplete
        self.subject = subject
        self.limits = limits
    }
}

extension UnpackRequest {
    /// Its bytes on the socket.
    package var message: [UInt8] {
        var writer = MessageWriter()
        writer.put(parent)
        writer.put(filter)
        writer.put(diffID.hex)
        writer.put(blobDigest?.hex ?? "")
        writer.put(offset)
        writer.put(length)
        writer.put(isComplete ? 1 : 0)
        writer.put(subject)
        writer.put(limits.maximumEntries)
        writer.put(limits.maximumBytes)
        writer.put(limits.maximumFileBytes)
        writer.put(limits.maximumDepth)
        writer.put(limits.maximumPathBytes)
        writer.put(limits.maximumNameBytes)
        writer.put(limits.maximumRatio)
        writer.put(limits.ratioFreeBytes)
        writer.put(limits.maximumAttributeBytes)
        return writer.bytes
    }

    /// - Throws: ``ImageError`` for a message that is cut or has no DiffID.
    package init(message: [UInt8]) throws(ImageError) {
        var reader = MessageReader(message)
        parent = Int32(truncatingIfNeeded: try reader.number())
        filter = try reader.blob()
        guard let diffID = Digest(hex: try reader.text()) else {
            throw ImageError(.malformed, "a layer has no DiffID")
        }
        self.diffID = diffID
        blobDigest = Digest(hex: try reader.text())
        offset = try reader.number()
        length = try reader.number()
        isComplete = try reader.number() != 0
        subject = try reader.text()
        limits = LayerLimits()
        limits.maximumEntries = Int(try reader.number())
        limits.maximumBytes = try reader.number()
        limits.maximumFileBytes = try reader.number()
        limits.maximumDepth = Int(try reader.number())
        limits.maximumPathBytes = Int(try reader.number())
        limits.maximumNameBytes = Int(try reader.number())
        limits.maximumRatio = try reader.number()
        limits.ratioFreeBytes = try reader.number()
        limits.maximumAttributeBytes = Int(try reader.number())
    }
}
