import BerthLinux
import BerthTrace
import Dispatch
import GRDB
import Synchronization

/// The one writer: writes that wait at the same time share a transaction, and so an fsync.
///
/// Each has a savepoint of its own, so that one that fails takes no other with it; none is answered before the commit.
final class GroupCommit: Sendable {
    private let queue: WriteQueue

    init(pool: DatabasePool, checkpointer: Checkpointer, tracer: Tracer?) throws(LinuxError) {
        queue = WriteQueue(checkpointer: checkpointer, tracer: tracer)
        try startThread(name: "berth-commit") { [queue] in queue.work(on: pool) }
    }

    deinit { queue.end() }

    func write<Value: Sendable>(
        for trails: [TaskTrail], _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.add(PendingWrite(body: body, continuation: continuation, trails: trails))
        }
    }
}

private final class WriteQueue: Sendable {
    private struct State {
        var pending: [any AnyPendingWrite] = []
        var ended = false
    }
    private let checkpointer: Checkpointer
    private let tracer: Tracer?
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    init(checkpointer: Checkpointer, tracer: Tracer?) {
        self.checkpointer = checkpointer
        self.tracer = tracer
    }

    /// Bounds how long the first of a group waits for the last.
    private static let largestGroup = 256

    func add(_ write: any AnyPendingWrite) {
        let first = state.withLock { state in
            state.pending.append(write)
            return state.pending.count == 1
        }
        if first { wakeUp.signal() }
    }

    func end() {
        state.withLock { $0.ended = true }
        wakeUp.signal()
    }

    func work(on pool: DatabasePool) {
        while true {
            wakeUp.wait()
            while let group = nextGroup() { commit(group, on: pool) }
            if state.withLock({ $0.ended && $0.pending.isEmpty }) { return }
        }
    }

    private func nextGroup() -> [any AnyPendingWrite]? {
        state.withLock { state in
            if state.pending.isEmpty { return nil }
            let group = Array(state.pending.prefix(Self.largestGroup))
            state.pending.removeFirst(group.count)
            return group
        }
    }

    private func commit(_ group: [any AnyPendingWrite], on pool: DatabasePool) {
        let begun = tracer?.now()
        var written: Moment?
        let failure: (any Error)? = pool.writeWithoutTransaction { database in
            do {
                try database.beginTransaction(.immediate)
                for write in group {
                    write.execute(in: database)
                    // SQLite rolls the whole transaction back by itself when the disk is full or the file damaged.
                    if !database.isInsideTransaction {
                        return write.failure ?? DatabaseError(resultCode: .SQLITE_ABORT, message: "rolled back")
                    }
                }
                written = tracer?.now()
                try database.commit()
                return nil
            } catch {
                if database.isInsideTransaction { try? database.rollback() }
                return error
            }
        }
        if let tracer { trace(group, begun: begun, written: written, to: tracer) }
        for write in group { write.finish(commitFailure: failure) }
        pool.writeWithoutTransaction { checkpointer.committed($0) }
    }
}

extension WriteQueue {
    /// - Parameter written: nil when it did not come so far.
    private func trace(_ group: [any AnyPendingWrite], begun: Moment?, written: Moment?, to tracer: Tracer) {
        let ended = tracer.now()
        for write in group {
            for trail in write.trails {
                trail.span(.turn, since: write.queued, to: begun ?? ended)
                trail.span(.write, since: begun, to: written ?? ended)
                trail.span(.sync, since: written, to: ended)
            }
        }
        tracer.work(.sync, since: written)
        tracer.work(.transaction, since: begun, writes: group.count)
    }
}

private protocol AnyPendingWrite: Sendable {
    /// Of the tasks that wait for it.
    var trails: [TaskTrail] { get }
    /// When it came; nil when nobody wants to know.
    var queued: Moment? { get }

    func execute(in database: Database)
    /// The error of `execute`, if it had one.
    var failure: (any Error)? { get }
    func finish(commitFailure: (any Error)?)
}

private final class PendingWrite<Value: Sendable>: AnyPendingWrite {
    private let body: @Sendable (Database) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    let trails: [TaskTrail]
    let queued: Moment?
    private let result = Mutex<Result<Value, any Error>?>(nil)

    init(
        body: @escaping @Sendable (Database) throws -> Value, continuation: CheckedContinuation<Value, any Error>,
        trails: [TaskTrail]
    ) {
        self.body = body
        self.continuation = continuation
        self.trails = trails
        queued = trails.first?.tracer.now()
    }

    func execute(in database: Database) {
        let outcome = Result {
            var value: Value?
            try database.inSavepoint {
                value = try body(database)
                return .commit
            }
            guard let value else { throw DatabaseError(resultCode: .SQLITE_ABORT, message: "rolled back") }
            return value
        }
        result.withLock { $0 = outcome }
    }

    var failure: (any Error)? {
        result.withLock { result in
            if case .failure(let error) = result { return error }
            return nil
        }
    }

    func finish(commitFailure: (any Error)?) {
        let outcome = result.withLock { $0 }
        switch (outcome, commitFailure) {
        case (.failure(let error), _): continuation.resume(throwing: error)
        case (_, let error?): continuation.resume(throwing: error)
        case (.success(let value), nil): continuation.resume(returning: value)
        case (nil, nil):
            continuation.resume(throwing: DatabaseError(resultCode: .SQLITE_ABORT, message: "not executed"))
        }
    }
}
