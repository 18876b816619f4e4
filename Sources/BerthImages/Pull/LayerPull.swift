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
        let isHere = try await BlockingCalls.run { [store, layer, digest] () throws(ImageError) in
            try store.layers.isHere(layer.diffID, from: digest)
        }
        if isHere { return tell(.present, layer.descriptor.size) }
        let kept = try await BlockingCalls.run { [store, digest] () throws(ImageError) in try store.blobs.blob(digest) }
        if let kept {
            tell(.unpacking, layer.descriptor.size)
            try await unpack(.region(kept))
        } else {
            try await fetch()
        }
        tell(.done, layer.descriptor.size)
    }

    // MARK: Fetching

    /// Unpacks the layer while it comes in. What has come stays when this fails, and is gone on with.
    private func fetch() async throws(ImageError) {
        let descriptor = layer.descriptor
        let writer = try await BlockingCalls.run { [store] () throws(ImageError) in
            try store.blobs.begin(descriptor.digest, size: descriptor.size)
        }
        let blob = GrowingBlob(file: writer.file, length: writer.length, name: "blob \(digest)")
        let errors = await withTaskGroup(of: ImageError?.self) { group in
            group.addTask { await download(writer, blob) }
            group.addTask { await failure { () async throws(ImageError) in try await unpack(.growing(blob)) } }
            var errors: [ImageError] = []
            for await error in group {
                guard let error else { continue }
                errors.append(error)
                group.cancelAll()
            }
            return errors
        }
        // What was only given up because of the other is not the cause.
        if let cause = errors.first(where: { $0.code != .cancelled }) ?? errors.first { throw cause }
    }

    private func download(_ writer: BlobWriter, _ blob: GrowingBlob) async -> ImageError? {
        let error = await failure { () async throws(ImageError) in
            let file = try BlobFile(writer) { length in
                blob.advance(to: length)
                tell(.downloading, length)
            }
            defer { file.end() }
            do throws(ImageError) {
                try await sources.download(layer.descriptor, into: file)
            } catch {
                try? await file.flush()
                throw error
            }
            try await file.flush()
            let (digest, size) = (digest, layer.descriptor.size)
            try await BlockingCalls.run { () throws(ImageError) in try writer.finish(digest, size: size) }
        }
        if let error {
            blob.fail(error)
            await letGo(of: writer)
        } else {
            blob.finish()
            tell(.unpacking, layer.descriptor.size)
        }
        return error
    }

    private func letGo(of writer: BlobWriter) async {
        try? await BlockingCalls.run { () throws(ImageError) in writer.abandon(keepingPartial: true) }
    }

    private func failure(_ body: () async throws(ImageError) -> Void) async -> ImageError? {
        do throws(ImageError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    // MARK: Unpacking

    private func unpack(_ content: LayerContent) async throws(ImageError) {
        let pending = PendingLayer(diffID: layer.diffID, blobDigest: digest, content: content)
        let cancellation = Cancellation()
        let error = await withTaskCancellationHandler {
            await failure { () async throws(ImageError) in
                try await BlockingCalls.run { [store] () throws(ImageError) in
                    try store.layers.unpack(pending, cancellation: cancellation)
                }
            }
        } onCancel: {
            cancellation.cancel()
        }
        if let error { throw error }
    }

    private func tell(_ step: PullProgress.Step, _ received: Int64) {
        report(PullProgress(digest: digest, size: layer.descriptor.size, received: received, step: step))
    }
}
