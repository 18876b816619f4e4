import BerthUnpack
import Synchronization
import Testing

@testable import BerthImages

@Suite("A lock with keys")
struct KeyedLockTests {
    @Test("is held by one at a time for each key, and by others for other keys")
    func exclusive() throws {
        let lock = KeyedLock()
        let inside = Mutex((now: 0, most: 0, times: 0))
        let threads = try (0..<8).map { _ in
            try Started { () throws(ImageError) in
                for _ in 0..<200 {
                    try lock.withLock("a") { () throws(ImageError) in
                        inside.withLock {
                            $0.now += 1; $0.most = max($0.most, $0.now); $0.times += 1
                        }
                        try lock.withLock("b") {}
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
        }
        for thread in threads { try thread.value() }
        #expect(inside.withLock { $0.most } == 1)
        #expect(inside.withLock { $0.times } == 1600)
    }

    @Test("is not waited for by who gave up")
    func cancelled() throws {
        let lock = KeyedLock()
        let cancellation = Cancellation()
        try lock.withLock("a") { () throws(ImageError) in
            do {
                let waiting = try Started { () throws(ImageError) in
                    try lock.withLock("a", cancellation: cancellation) { Issue.record("it was taken") }
                }
                cancellation.cancel()
                let error = #expect(throws: ImageError.self) { try waiting.value() }
                #expect(error?.code == .cancelled)
            } catch {
                Issue.record(error)
            }
        }
        var isFree = false
        try lock.withLock("a", cancellation: cancellation) { isFree = true }
        #expect(isFree, "what is free is not waited for")
    }
}
