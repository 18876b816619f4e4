import BerthImages
import BerthLaunch
import BerthModel
import Foundation

/// The images of one task: those that are here are taken at once, the others are pulled side by side.
///
/// The pull of a task begins, and with it what is charged, when the first of its images is found; a task whose images
/// nobody has costs nothing. A later daemon goes on with a pull and keeps its beginning.
struct TaskPull: Sendable {
    let live: LiveTask
    let images: any TaskImages
    let policy: PullPolicy
    let secrets: RegistrySecrets
    /// Told when the pull has begun, which a later daemon should know.
    let begun: @Sendable () -> Void

    private var containers: [ContainerSettings] { live.settings.containers }

    /// The task's images when all can be run at once; nil when one has to be brought here. Answers from memory.
    func ready() throws(StartFailure) -> [StoredImage]? {
        let begun = live.trail?.now()
        defer { live.trail?.work(.images, since: begun) }
        // It was asked to stop before anything began, and so it costs nothing.
        if live.isStopping { throw .stopped }
        guard policy != .always else { return nil }
        let start = Timestamp.now()
        var found: [StoredImage] = []
        for (index, container) in containers.enumerated() {
            do throws(ImageError) {
                guard let image = try images.ready(container.image), keep(image) else { return nil }
                found.append(image)
            } catch {
                throw .cannotPull(index, error.description)
            }
        }
        live.pullStarted(start)
        stopped(found)
        return found
    }

    /// Brings the task's images here. When it is cancelled it ends with ``StartFailure/stopped``, or
    /// with ``StartFailure/postponed`` if nobody has asked the task to stop.
    func run() async throws(StartFailure) -> [StoredImage] {
        live.change { $0.awaitsImages() }
        var credentials: [RegistryCredentials?] = []
        for container in containers {
            credentials.append(
                try container.repositoryCredentials.map { name throws(StartFailure) in try secrets.credentials(name) })
        }
        var results: [Int: Result<StoredImage, ImageError>] = [:]
        await withTaskGroup(of: (Int, Result<StoredImage, ImageError>).self) { group in
            for index in containers.indices {
                let given = credentials[index]
                group.addTask { (index, await pull(index, given)) }
            }
            for await (index, result) in group {
                results[index] = result
                if case .failure = result { group.cancelAll() }
            }
        }
        return try settle(results)
    }

    private func pull(_ index: Int, _ credentials: RegistryCredentials?) async -> Result<StoredImage, ImageError> {
        do throws(ImageError) {
            // One that is removed in the moment between is brought here again; nobody removes it so twice.
            for _ in 0..<3 {
                let image = try await images.pull(containers[index].image, policy: policy, credentials: credentials) {
                    _ in
                    if live.pullStarted(.now()) { begun() }
                }
                if keep(image) { return .success(image) }
            }
            throw ImageError(.notFound, "the image \(containers[index].image) was removed as soon as it was here")
        } catch {
            return .failure(error)
        }
    }

    /// Keeps an image on the disk until the task is over.
    private func keep(_ image: StoredImage) -> Bool {
        guard let held = images.hold(digest: image.digest, user: live.imageUser) else { return false }
        live.keep(held)
        return true
    }

    private func settle(_ results: [Int: Result<StoredImage, ImageError>]) throws(StartFailure) -> [StoredImage] {
        if Task.isCancelled { throw live.isStopping ? .stopped : .postponed }
        var found: [StoredImage] = []
        var failure: (index: Int, error: ImageError)?
        for index in containers.indices {
            switch results[index] {
            case .success(let image): found.append(image)
            // Those that were only given up because of another are not the cause.
            case .failure(let error) where error.code != .cancelled && failure == nil: failure = (index, error)
            default: break
            }
        }
        if live.isStopping { throw .stopped }
        if let failure { throw .cannotPull(failure.index, failure.error.description) }
        guard found.count == containers.count else { throw .postponed }
        live.pullStarted(.now())
        stopped(found)
        return found
    }

    private func stopped(_ found: [StoredImage]) {
        let digests = found.map(\.digest.description)
        live.change { $0.pullStopped(at: Date(), digests: digests) }
    }
}
