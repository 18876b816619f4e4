import BerthLinux
import BerthUnpack
import Glibc
import Synchronization

/// A lock for every key: who works on a layer makes others who want the same layer wait for it, and no one else.
///
/// It is held while a thread of ``Workers`` reads and writes files, never on the cooperative pool.
final class KeyedLock: Sendable {
    /// Who waits for each key that is held.
    private let held = Mutex<[String: [Doorbell]]>([:])

    /// Runs `body` while no other thread holds `key`.
    ///
    /// - Parameter cancellation: ends the wait; then `body` is not run.
    func withLock<Result>(
        _ key: String, cancellation: Cancellation? = nil, _ body: () throws(ImageError) -> Result
    ) throws(ImageError) -> Result {
        if !take(key, else: nil) { try wait(for: key, cancellation) }
        defer { release(key) }
        return try body()
    }

    private func wait(for key: String, _ cancellation: Cancellation?) throws(ImageError) {
        let bell = try storing { () throws(LinuxError) in try Doorbell() }
        cancellation?.notify(bell)
        defer { cancellation?.forget(bell) }
        while !take(key, else: bell) {
            var ready = pollfd(fd: bell.number, events: Int16(POLLIN), revents: 0)
            _ = try storing { () throws(LinuxError) in
                try check("wait for", "another request") { poll(&ready, 1, -1) }
            }
            bell.answer()
            try cancellation?.check()
        }
    }

    /// - Parameter bell: rung once the key is free, if it is not now.
    private func take(_ key: String, else bell: Doorbell?) -> Bool {
        held.withLock { held in
            if held[key] == nil {
                held[key] = []
                return true
            }
            if let bell { held[key]?.append(bell) }
            return false
        }
    }

    private func release(_ key: String) {
        for bell in held.withLock({ $0.removeValue(forKey: key) ?? [] }) { bell.ring() }
    }
}
