import BerthLinux
import BerthUnpack
import Dispatch
import Synchronization

/// Threads that unpack layers side by side.
enum Workers {
    /// Runs `body` for every index below `count` on up to `width` threads of its own and waits for all.
    ///
    /// The first error is thrown; it makes `cancellation` known to the others, and indices not yet begun are left out.
    static func run(
        _ count: Int, width: Int, cancellation: Cancellation,
        _ body: @escaping @Sendable (Int) throws(ImageError) -> Void
    ) throws(ImageError) {
        let job = Job(count: count, cancellation: cancellation, body: body)
        let running = DispatchGroup()
        for started in 0..<min(width, count) {
            running.enter()
            do throws(LinuxError) {
                try startThread(name: "berth-unpack") {
                    job.work()
                    running.leave()
                }
            } catch {
                running.leave()
                // Fewer do it too, only later.
                if started == 0 { throw ImageError(.storage, "no thread could be started to unpack layers: \(error)") }
                break
            }
        }
        running.wait()
        if let error = job.error.withLock({ $0 }) { throw error }
    }

    private final class Job: Sendable {
        let count: Int
        let cancellation: Cancellation
        let body: @Sendable (Int) throws(ImageError) -> Void
        let begun = Atomic(0)
        let error = Mutex<ImageError?>(nil)

        init(count: Int, cancellation: Cancellation, body: @escaping @Sendable (Int) throws(ImageError) -> Void) {
            self.count = count
            self.cancellation = cancellation
            self.body = body
        }

        func work() {
            // So that files get the mode their layer gives them in the open itself.
            do throws(ImageError) {
                try storing { () throws(LinuxError) in try ThreadUmask.clear() }
            } catch {
                return fail(error)
            }
            while true {
                let index = begun.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < count, error.withLock({ $0 == nil }) else { return }
                do {
                    try body(index)
                } catch {
                    fail(error)
                }
            }
        }

        private func fail(_ error: ImageError) {
            self.error.withLock { if $0 == nil { $0 = error } }
            cancellation.cancel()
        }
    }
}
