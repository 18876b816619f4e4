extension RetryPolicy {
    /// Runs `body` until it succeeds, fails for good, or has failed too often.
    func run<Value>(_ body: () async throws(RegistryFault) -> Value) async throws(ImageError) -> Value {
        var attempt = 1
        while true {
            do throws(RegistryFault) {
                return try await body()
            } catch {
                attempt += 1
                guard let pause = pause(before: attempt, after: error) else { throw error.error(attempts: attempt - 1) }
                try await wait(pause)
            }
        }
    }

    /// Waits, unless the task is cancelled.
    func wait(_ pause: Duration) async throws(ImageError) {
        do { try await sleep(pause) } catch { throw RegistryFault.cancelled.error(attempts: 1) }
    }
}
