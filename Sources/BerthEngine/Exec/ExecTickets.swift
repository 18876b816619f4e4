import BerthModel
import Crypto
import Foundation
import Synchronization

/// The sessions that were opened and whose stream has not come yet.
///
/// A ticket is worth one admission within ``lifetime``. Only a digest of its token is kept, and only in memory: after a
/// restart there are none.
final class ExecTickets: Sendable {
    /// How long a client may take from the call to the stream: `aws` calls DescribeTasks and starts a program in between.
    static let lifetime = Duration.seconds(60)
    /// Far more than people open at a time, and few enough to hold.
    static let limit = 4096

    private struct Pending {
        var admission: ExecAdmission
        var token: SHA256Digest
        var expires: ContinuousClock.Instant
    }
    private let pending = Mutex<[String: Pending]>([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameter now: the clock.
    init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) { self.now = now }

    /// - Throws: `ServerException` when too many wait.
    func issue(
        _ program: ExecProgram, input: Bool, in task: LiveTask
    ) throws(ServiceError) -> (sessionID: String, token: String) {
        let sessionID = "ecs-execute-command-" + Self.random(17, from: "0123456789abcdefghijklmnopqrstuvwxyz")
        let token = Self.random(64, from: "0123456789abcdef")
        let now = now()
        let entry = Pending(
            admission: ExecAdmission(sessionID: sessionID, input: input, task: task, program: program),
            token: Self.digest(token), expires: now + Self.lifetime)
        let isAccepted = pending.withLock { pending in
            pending = pending.filter { $0.value.expires > now }
            guard pending.count < Self.limit else { return false }
            pending[sessionID] = entry
            return true
        }
        guard isAccepted else {
            throw .serverException("\(Self.limit) sessions wait for their streams; try again in a minute.")
        }
        return (sessionID, token)
    }

    /// Takes a ticket: nil when there is none of this name, when it is too old, and for a wrong token, which leaves it as it
    /// is.
    func redeem(sessionID: String, token: String) -> ExecAdmission? {
        // Digests are compared, so that the time that it takes says nothing about the token.
        let digest = Self.digest(token)
        let now = now()
        return pending.withLock { pending in
            guard let entry = pending[sessionID], entry.token == digest else { return nil }
            pending[sessionID] = nil
            return entry.expires > now ? entry.admission : nil
        }
    }

    private static func digest(_ token: String) -> SHA256Digest { SHA256.hash(data: Data(token.utf8)) }

    /// The standard library promises a cryptographically secure source on Linux: getrandom(2).
    private static func random(_ count: Int, from alphabet: String) -> String {
        let alphabet = Array(alphabet)
        var source = SystemRandomNumberGenerator()
        return String((0..<count).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &source)] })
    }
}
