import Synchronization

/// Work that is done once however many want it at the same time. It is cancelled when nobody wants it any more.
final class SharedWork<Key: Hashable & Sendable, Progress: Sendable>: Sendable {
    typealias Report = @Sendable (Progress) -> Void
    private typealias Outcome = Result<Void, ImageError>

    private struct Waiter {
        var continuation: CheckedContinuation<Outcome, Never>
        var report: Report
    }

    private struct Work {
        var task: Task<Void, Never>?
        /// Told to those who join late.
        var latest: Progress?
        var waiters: [UInt64: Waiter] = [:]
    }

    private struct State {
        var works: [Key: Work] = [:]
        var last: UInt64 = 0
        /// Who gave up before it could wait.
        var gone: Set<UInt64> = []
    }
    private let state = Mutex(State())

    /// Does the work, or waits for whoever does it.
    ///
    /// Another's work that fails is begun again as one's own: it may have had other credentials.
    func run(
        _ key: Key, report: @escaping Report,
        _ body: @escaping @Sendable (@escaping Report) async throws(ImageError) -> Void
    ) async throws(ImageError) {
        var mayTryAgain = true
        while true {
            let (outcome, isOwn) = await join(key, report: report, body)
            switch outcome {
            case .success: return
            case .failure(let error):
                if Task.isCancelled { throw ImageError(.cancelled, "the pull was given up") }
                // One's own work is not given up while one waits for it.
                if isOwn { throw error }
                // All who wanted the other's work are gone.
                if error.code == .cancelled { continue }
                guard mayTryAgain else { throw error }
                mayTryAgain = false
            }
        }
    }

    private func join(
        _ key: Key, report: @escaping Report,
        _ body: @escaping @Sendable (@escaping Report) async throws(ImageError) -> Void
    ) async -> (Outcome, isOwn: Bool) {
        let id = state.withLock { state in
            state.last += 1
            return state.last
        }
        var isOwn = false
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Outcome, Never>) in
                let latest: Progress? = state.withLock { state in
                    if state.gone.remove(id) != nil {
                        continuation.resume(returning: Self.cancelled)
                        return nil
                    }
                    isOwn = state.works[key] == nil
                    state.works[key, default: Work()].waiters[id] = Waiter(continuation: continuation, report: report)
                    if isOwn { state.works[key]?.task = Task { await self.work(key, body) } }
                    return state.works[key]?.latest
                }
                if let latest { report(latest) }
            }
        } onCancel: {
            leave(key, id)
        }
        state.withLock { _ = $0.gone.remove(id) }
        return (outcome, isOwn)
    }

    private func work(
        _ key: Key, _ body: @escaping @Sendable (@escaping Report) async throws(ImageError) -> Void
    ) async {
        let outcome: Outcome
        do throws(ImageError) {
            try await body { progress in self.tell(key, progress) }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        let waiters = state.withLock { $0.works.removeValue(forKey: key)?.waiters ?? [:] }
        for waiter in waiters.values { waiter.continuation.resume(returning: outcome) }
    }

    private func tell(_ key: Key, _ progress: Progress) {
        let waiters = state.withLock { state in
            state.works[key]?.latest = progress
            return state.works[key]?.waiters ?? [:]
        }
        for waiter in waiters.values { waiter.report(progress) }
    }

    private func leave(_ key: Key, _ id: UInt64) {
        let waiter: Waiter? = state.withLock { state in
            guard let waiter = state.works[key]?.waiters.removeValue(forKey: id) else {
                state.gone.insert(id)
                return nil
            }
            // It stays in the table until it has ended: who comes meanwhile waits for that, and begins anew.
            if state.works[key]?.waiters.isEmpty == true { state.works[key]?.task?.cancel() }
            return waiter
        }
        waiter?.continuation.resume(returning: Self.cancelled)
    }

    private static var cancelled: Outcome { .failure(ImageError(.cancelled, "the pull was given up")) }
}
