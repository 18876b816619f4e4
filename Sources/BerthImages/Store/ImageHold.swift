import BerthOCI
import Synchronization

/// Keeps an image on the disk while a task runs on it; ends with ``release()`` or with the value.
///
/// In memory only: after a restart the engine takes one for every task that still runs, before collection begins.
public final class ImageHold: Sendable {
    /// What is kept.
    public let image: StoredImage
    private let holds: Holds
    private let id: UInt64
    private let isReleased = Atomic(false)

    init(_ image: StoredImage, user: String, in holds: Holds) {
        self.image = image
        self.holds = holds
        id = holds.add(image, user: user)
    }

    deinit { release() }

    /// The image may be removed, as far as this value is concerned. Doing it twice does nothing.
    public func release() {
        if !isReleased.exchange(true, ordering: .relaxed) { holds.remove(id) }
    }
}

/// All images in use.
final class Holds: Sendable {
    struct Entry {
        var image: StoredImage
        var user: String
    }
    private struct State {
        var entries: [UInt64: Entry] = [:]
        var last: UInt64 = 0
        /// When images were last used, until it is written down.
        var used: [Digest: Int64] = [:]
    }
    private let state = Mutex(State())

    func add(_ image: StoredImage, user: String) -> UInt64 {
        let now = Now.milliseconds
        return state.withLock { state in
            state.last += 1
            state.entries[state.last] = Entry(image: image, user: user)
            state.used[image.digest] = now
            return state.last
        }
    }

    func remove(_ id: UInt64) {
        let now = Now.milliseconds
        state.withLock { state in
            if let entry = state.entries.removeValue(forKey: id) { state.used[entry.image.digest] = now }
        }
    }

    /// Who uses an image, in alphabetical order; empty if nobody does.
    func users(of digest: Digest) -> [String] {
        state.withLock { state in
            state.entries.values.filter { $0.image.digest == digest }.map(\.user).sorted()
        }
    }

    /// When an image was last used, as far as it is not written down yet; milliseconds since 1970.
    func lastUse(of digest: Digest) -> Int64? { state.withLock { $0.used[digest] } }

    /// The images in use.
    var images: [StoredImage] { state.withLock { $0.entries.values.map(\.image) } }

    /// When images were used that have been since this was last asked; milliseconds since 1970.
    func takeUse() -> [Digest: Int64] {
        state.withLock { state in
            defer { state.used = [:] }
            return state.used
        }
    }
}
