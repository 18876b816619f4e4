import BerthOCI
import Foundation
import Synchronization
import Testing

@testable import BerthImages

/// A store and a puller for it; pauses take no time and are written down.
final class PullFixture: Sendable {
    let store: ImageStore
    let puller: ImagePuller
    private let directory: String
    private let clients: RegistryClients
    private let steps = Mutex<[PullProgress]>([])

    /// - Parameters:
    ///   - predecessor: whose store this one opens, as a daemon that is started again; it must be gone.
    ///   - configure: what an operator would set.
    init(
        after predecessor: String? = nil, environment: [String: String] = [:],
        configure: (inout RegistrySettings) -> Void = { _ in }
    ) throws {
        directory = predecessor ?? "/dev/shm/berth-pull-\(UInt32.random(in: 0 ... .max))"
        store = try ImageStore(root: directory, durability: .processDeath)
        clients = try RegistryClients(environment: environment)
        var settings = RegistrySettings()
        let note = Note()
        settings.retry.sleep = { duration in
            note.pauses.withLock { $0.append(duration) }
            try Task.checkCancellation()
        }
        configure(&settings)
        puller = ImagePuller(store: store, registries: settings, clients: clients)
        pauseNote = note
    }

    private final class Note: Sendable { let pauses = Mutex<[Duration]>([]) }
    private let pauseNote: Note

    deinit {
        let clients = clients
        Task.detached { try? await clients.shutdown() }
        try? FileManager.default.removeItem(atPath: directory)
    }

    var root: String { directory }
    /// All pauses so far.
    var pauses: [Duration] { pauseNote.pauses.withLock { $0 } }
    /// All progress so far.
    var progress: [PullProgress] { steps.withLock { $0 } }

    @discardableResult
    func pull(
        _ name: String, policy: PullPolicy = .always, credentials: RegistryCredentials? = nil
    ) async throws -> StoredImage {
        try await puller.pull(try Reference(name), policy: policy, credentials: credentials) { step in
            self.steps.withLock { $0.append(step) }
        }
    }

    func refusal(
        _ name: String, policy: PullPolicy = .always, credentials: RegistryCredentials? = nil
    ) async throws -> ImageError {
        let error = await #expect(throws: ImageError.self) {
            try await self.pull(name, policy: policy, credentials: credentials)
        }
        return try #require(error)
    }
}

/// Bytes that do not compress, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}
