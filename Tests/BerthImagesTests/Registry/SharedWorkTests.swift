import Synchronization
import Testing

@testable import BerthImages

@Suite("Work that several want")
struct SharedWorkTests {
    /// Work that a test ends, and counts.
    private final class Job: Sendable {
        private struct State {
            var begun = 0
            var cancelled = 0
        }
        private let state = Mutex(State())
        private let gate = AsyncStream<Result<Void, ImageError>>.makeStream()

        var begun: Int { state.withLock { $0.begun } }
        var cancelled: Int { state.withLock { $0.cancelled } }

        func end(_ result: Result<Void, ImageError> = .success(())) { gate.continuation.yield(result) }

        func run() async throws(ImageError) {
            state.withLock { $0.begun += 1 }
            for await result in gate.stream { return try result.get() }
            state.withLock { $0.cancelled += 1 }
            throw ImageError(.cancelled, "given up")
        }
    }

    /// Whoever wants the work, and whether it has heard of it.
    private final class Wish: Sendable {
        let task: Task<ImageError?, Never>
        private let hearing: AsyncStream<Void>

        init(_ work: SharedWork<String, Int>, _ job: Job) {
            let told = AsyncStream<Void>.makeStream()
            task = Task {
                do throws(ImageError) {
                    try await work.run("a", report: { _ in told.continuation.yield() }) { report throws(ImageError) in
                        report(1)
                        try await job.run()
                    }
                    return nil
                } catch {
                    return error
                }
            }
            hearing = told.stream
        }

        /// Waits until it is told of the work's progress, its own or another's.
        func hears() async { for await _ in hearing { return } }

        var error: ImageError? { get async { await task.value } }
    }

    private func until(_ isTrue: () -> Bool) async throws {
        while !isTrue() { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("is done once, and told to all")
    func once() async throws {
        let work = SharedWork<String, Int>()
        let job = Job()
        let told = Mutex<[Int]>([])
        let first = Task {
            try await work.run("a", report: { _ in }) { report throws(ImageError) in
                report(5)
                try await job.run()
            }
        }
        try await until { job.begun == 1 }
        let second = Task {
            try await work.run("a", report: { progress in told.withLock { $0.append(progress) } }) { _ in }
        }
        // Who comes late hears how far it is.
        try await until { told.withLock { $0.contains(5) } }
        job.end()
        try await first.value
        try await second.value
        #expect(job.begun == 1)
    }

    @Test("goes on while anybody wants it, and is cancelled when nobody does")
    func cancellation() async throws {
        let work = SharedWork<String, Int>()
        let job = Job()
        let first = Wish(work, job)
        await first.hears()
        let second = Wish(work, job)
        await second.hears()
        first.task.cancel()
        #expect(await first.error?.code == .cancelled, "at once")
        #expect(job.cancelled == 0)
        job.end()
        #expect(await second.error == nil)
        #expect(job.begun == 1)
        let alone = Job()
        let third = Wish(work, alone)
        try await until { alone.begun == 1 }
        third.task.cancel()
        #expect(await third.error?.code == .cancelled)
        try await until { alone.cancelled == 1 }
    }

    @Test("is tried anew by who only waited for another's")
    func anew() async throws {
        let work = SharedWork<String, Int>()
        let poor = Job()
        let rich = Job()
        let first = Wish(work, poor)
        await first.hears()
        let second = Wish(work, rich)
        await second.hears()
        // It may have had no credentials.
        poor.end(.failure(ImageError(.unauthorized, "no")))
        #expect(await first.error?.code == .unauthorized)
        rich.end()
        #expect(await second.error == nil)
        #expect(rich.begun == 1)
    }
}
