import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import SystemPackage

extension LayerStore {
    /// Unpacks a layer, unless it is there; two who want the same one share the work. Blocks until it is done.
    ///
    /// One that is still on its way shares nothing: who waited for it would wait for another's registry.
    ///
    /// A confined process does it (``Unpacker``), and only a layer whose bytes had the right digest and whose tar had the
    /// right DiffID is renamed into place. Bytes that were never seen to be this layer are unpacked once more to see it,
    /// though it is there (``isHere(_:from:)``). On an error nothing is left.
    func unpack(_ layer: PendingLayer, cancellation: Cancellation) throws(ImageError) {
        if case .growing = layer.content { return try unpackAlone(layer, cancellation: cancellation) }
        try inWork.withLock(layer.diffID.hex, cancellation: cancellation) { () throws(ImageError) in
            try unpackAlone(layer, cancellation: cancellation)
        }
    }

    private func unpackAlone(_ layer: PendingLayer, cancellation: Cancellation) throws(ImageError) {
        if let blob = layer.blobDigest, try isHere(layer.diffID, from: blob) { return }
        let workspace = try Workspace(staging: staging)
        defer { workspace.remove() }
        do throws(ImageError) {
            let summary = try unpacker.unpack(layer, limits: limits, in: workspace, cancellation: cancellation)
            let root = try workspace.existingDirectory(UnpackRequest.treeName)
            try finish(root.number, size: summary.bytes)
            try place(
                UnpackRequest.treeName, as: layer.diffID, size: summary.bytes, blob: layer.blobDigest,
                from: workspace)
        } catch {
            throw FullDisk.explain(error.prefixed("layer \(layer.diffID)"), path: path)
        }
    }

    /// Gives a layer's directory its mode, and the size it is asked for by.
    func finish(_ root: Int32, size: Int64) throws(ImageError) {
        let text = Array("\(size)".utf8)
        let result = text.withUnsafeBytes { value in
            Result { () throws(Errno) in try ExtendedAttribute.set(Self.sizeAttribute, to: value, on: root) }
        }
        do throws(Errno) {
            try result.get()
            if fchmod(root, 0o755) != 0 { throw .current }
        } catch {
            throw ImageError(.of(error), "cannot finish the layer's directory: \(error)")
        }
    }
}
