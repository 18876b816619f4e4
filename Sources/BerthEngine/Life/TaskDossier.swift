import BerthCgroups
import BerthLaunch
import BerthLedger
import BerthModel
import BerthStore
import Foundation

/// Berth's own part of a task's row: all that a later daemon needs to launch it, adopt it and settle it.
struct TaskDossier: Codable, Equatable, Sendable {
    var cluster: String
    /// The call that started it; with the definition it gives the settings again.
    var request: RunTaskRequest
    var family: String
    var revision: Int
    /// The first of its 65,536 host ids.
    var hostIDBase: UInt32
    var size: TaskSize
    var ephemeralStorageGiB: Int
    /// When the pull began; nil until then.
    var pullStart: Timestamp?
    /// The host's boot in which it ran: times since boot of two boots must never be subtracted.
    var bootID: String
    /// The kernel's final counters; nil until it has stopped, and for a task that never ran.
    var usage: TaskUsage?
    /// What it holds of the network; nil in rows of versions that had none.
    var network: TaskNetwork?
    /// What crossed its link; nil until it has stopped, and where it had none or nobody could read it any more.
    var networkUsage: NetworkUsage?
    /// Where its containers ask about themselves; nil for a task that cannot ask.
    var endpoints: TaskEndpoints?
    /// What it asked for at its agent's address; nil if nothing.
    var protection: TaskProtection?

    var reservation: Reservation { Reservation(size: size, ephemeralStorageGiB: ephemeralStorageGiB) }

    func encoded() throws -> Data { try JSONWriter().encode(self) }

    static func decode(_ data: Data) throws -> TaskDossier { try JSONDecoder().decode(Self.self, from: data) }
}
