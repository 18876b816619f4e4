import BerthImages
import BerthOCI
import Synchronization

@testable import BerthEngine

/// Images without a registry: `busybox` is here, and a pull of anything else goes as a test tells it.
final class PuppetImages: TaskImages {
    private struct State {
        var pulls: [String: [Pull]] = [:]
        var credentials: [RegistryCredentials?] = []
    }

    /// A pull that a test carries out.
    final class Pull: Sendable {
        private let found: @Sendable (PullProgress) -> Void
        private let end: AsyncStream<Result<Void, ImageError>>.Continuation
        fileprivate let ends: AsyncStream<Result<Void, ImageError>>

        fileprivate init(_ progress: @escaping @Sendable (PullProgress) -> Void) {
            found = progress
            (ends, end) = AsyncStream.makeStream()
        }

        /// The registry has it, and the first layer begins to come.
        func find(_ digest: Digest) {
            found(PullProgress(digest: digest, size: 10, received: 0, step: .waiting))
        }

        func finish(_ result: Result<Void, ImageError> = .success(())) { end.yield(result) }
    }

    private let base: BusyboxImages
    private let state = Mutex(State())

    init(_ base: BusyboxImages) { self.base = base }

    var layer: Digest { base.images()[0].digest }

    /// What each pull was given.
    var credentials: [RegistryCredentials?] { state.withLock { $0.credentials } }

    /// The pulls of a name that have begun and not ended.
    func pulls(_ name: String) -> [Pull] { state.withLock { $0.pulls[name] ?? [] } }

    /// Waits until a pull of a name has begun.
    func pull(_ name: String) async throws -> Pull {
        while true {
            if let first = pulls(name).first { return first }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    func image(_ reference: String) throws(ImageError) -> StoredImage { try base.image("busybox") }

    func ready(_ reference: String) throws(ImageError) -> StoredImage? {
        reference == "busybox" ? try base.image(reference) : nil
    }

    func pull(
        _ reference: String, policy: PullPolicy, credentials: RegistryCredentials?,
        progress: @escaping @Sendable (PullProgress) -> Void
    ) async throws(ImageError) -> StoredImage {
        let pull = Pull(progress)
        state.withLock { state in
            state.pulls[reference, default: []].append(pull)
            state.credentials.append(credentials)
        }
        defer { state.withLock { $0.pulls[reference]?.removeAll { $0 === pull } } }
        // Ends without an element when the task is cancelled.
        for await result in pull.ends {
            try result.get()
            return try base.image("busybox")
        }
        throw ImageError(.cancelled, "the pull was given up")
    }

    func user(_ specification: String, in image: StoredImage) throws(ImageError) -> ImageUser {
        try base.user(specification, in: image)
    }

    func importImage(from path: String, name: String?) throws(ImageError) -> [StoredImage] { [] }
    func images() -> [StoredImage] { base.images() }
}
