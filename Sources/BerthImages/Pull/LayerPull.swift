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

    /// What ended a download or an unpacking.
    private struct Failure: Error {
        var error: ImageError
        /// After bytes that were not the blob's: who may have the right ones.
        var others: RegistrySources?
    }

    private func fetch() async throws(ImageError) {
        var sources = sources
        while let failure = await fetch(from: sources) {
            guard let others = failure.others, !Task.isCancelled else { throw failure.error }
            sources = others
        }
    }

    /// Unpacks the layer while it comes in. What has come stays when this fails, and is gone on with, unless its digest was
    /// another.
    private func fetch(from sources: RegistrySources) async -> Failure? {
        let (descriptor, diffID) = (layer.descriptor, layer.diffID)
        let source = (self.sources.hosts + ["\(diffID)"]).joined(separator: " ")
        let writer: BlobWriter
        do throws(ImageError) {
            writer = try await BlockingCalls.run { [store] () throws(ImageError) in
                try store.blobs.begin(descriptor.digest, size: descriptor.size, from: source)
            }
        } catch {
            return Failure(error: error)
        }
        let blob = GrowingBlob(file: writer.file, length: writer.length, name: "blob \(digest)")
        let failures = await withTaskGroup(of: Failure?.self) { group in
            group.addTask { await download(writer, blob, from: sources) }
            group.addTask {
                let error = await failure { () async throws(ImageError) in try await unpack(.growing(blob)) }
                return error.map { Failure(error: $0) }
            }
            var failures: [Failure] = []
            for await failure in group {
                guard let failure else { continue }
                failures.append(failure)
                group.cancelAll()
            }
            return failures
        }
        // What was only given up because of the other is not the cause.
        return failures.first { $0.others != nil } ?? failures.first { $0.error.code != .cancelled } ?? failures.first
    }

    private func download(_ writer: BlobWriter, _ blob: GrowingBlob, from sources: RegistrySources) async -> Failure? {
        do throws(Failure) {
            try await receive(writer, blob, from: sources)
            blob.finish()
            tell(.unpacking, layer.descriptor.size)
            return nil
        } catch {
            blob.fail(error.error)
            await letGo(of: writer)
            return error
        }
    }

    private func receive(
        _ writer: BlobWriter, _ blob: GrowingBlob, from sources: RegistrySources
    ) async throws(Failure) {
        var others: RegistrySources?
        do throws(ImageError) {
            let file = try BlobFile(writer) { length in
                blob.advance(to: length)
                tell(.downloading, length)
            }
            defer { file.end() }
            let (session, isWhole): (RegistrySession, Bool)
            do throws(ImageError) {
                (session, isWhole) = try await sources.download(layer.descriptor, into: file)
            } catch {
                try? await file.flush()
                throw error
            }
            try await file.flush()
            let (digest, size) = (digest, layer.descriptor.size)
            // The last source is no worse than those before it if they had given a part.
            others = isWhole ? sources.after(session) : sources.from(session)
            try await BlockingCalls.run { () throws(ImageError) in try writer.finish(digest, size: size) }
        } catch {
            throw Failure(error: error, others: error.code == .digestMismatch ? others : nil)
        }
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
