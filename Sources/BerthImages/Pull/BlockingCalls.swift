import BerthLinux

/// Calls that block, each on a thread of its own: few, and none of them short.
package enum BlockingCalls {
    /// Runs `body` away from the cooperative pool.
    package static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ImageError) -> Value
    ) async throws(ImageError) -> Value {
        let result: Result<Value, ImageError> = await withCheckedContinuation { continuation in
            do throws(LinuxError) {
                try startThread(name: "berth-pull") {
                    continuation.resume(returning: Result { () throws(ImageError) in try body() })
                }
            } catch {
                continuation.resume(returning: .failure(ImageError(.storage, "no thread could be started: \(error)")))
            }
        }
        return try result.get()
    }
}
