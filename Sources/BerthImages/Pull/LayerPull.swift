import BerthOCI
import BerthUnpack
import Synchronization

/// One layer on its way from a registry into the store: fetched and unpacked, whatever of it is not there yet.
struct LayerPull: Sendable {
    let store: ImageStore
    let layer: ResolvedImage.Layer
    let sources: RegistrySources
    let report: @Sendable (PullProgress) -> Void

    private var digest: Digest { layer.descriptor.digest }

    func run() async throws(ImageError) {
        let isUnpacked = try await BlockingCalls.run { [store, layer] () throws(ImageError) in
            try store.layers.layer(layer.diffID) != nil
        }
        if isUnpacked { return tell(.present, layer.descriptor.size) }
        let kept = try await BlockingCalls.run { [store, digest] () throws(ImageError) in try store.blobs.blob(digest) }
        if kept == nil { try await fetch() }
        let blob = try await BlockingCalls.run { [store, digest] () throws(ImageError) in try store.blobs.blob(digest) }
        guard let blob else { throw ImageError(.storage, "blob \(digest) is gone as soon as it is here") }
        tell(.unpacking, layer.descriptor.size)
        try await unpack(blob)
        tell(.done, layer.descriptor.size)
    }

    private func fetch() async throws(ImageError) {
        let descriptor = layer.descriptor
        let writer = try await BlockingCalls.run { [store] () throws(ImageError) in
            try store.blobs.begin(descriptor.digest, size: descriptor.size)
        }
        let file: BlobFile
        do throws(ImageError) {
            file = try BlobFile(writer) { length in tell(.downloading, length) }
        } catch {
            writer.abandon(keepingPartial: true)
            throw error
        }
        defer { file.end() }
        do throws(ImageError) {
            try await sources.download(descriptor, into: file)
            try await file.flush()
            try await BlockingCalls.run { () throws(ImageError) in
                try writer.finish(descriptor.digest, size: descriptor.size)
            }
        } catch {
            // What came may be gone on with.
            try? await file.flush()
            await letGo(of: writer)
            throw error
        }
    }

    private func letGo(of writer: BlobWriter) async {
        try? await BlockingCalls.run { () throws(ImageError) in writer.abandon(keepingPartial: true) }
    }

    private func unpack(_ blob: Region) async throws(ImageError) {
        let pending = PendingLayer(diffID: layer.diffID, blobDigest: digest, region: blob)
        let cancellation = Cancellation()
        let result: Result<Void, ImageError> = await withTaskCancellationHandler {
            do throws(ImageError) {
                try await BlockingCalls.run { [store] () throws(ImageError) in
                    try store.layers.unpack(pending, cancellation: cancellation)
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            cancellation.cancel()
        }
        try result.get()
    }

    private func tell(_ step: PullProgress.Step, _ received: Int64) {
        report(PullProgress(digest: digest, size: layer.descriptor.size, received: received, step: step))
    }
}
