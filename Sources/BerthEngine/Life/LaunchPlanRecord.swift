import BerthCgroups
import BerthModel
import BerthStore
import Foundation

/// Berth's own part of a task's row: all that a later daemon needs to launch it, adopt it and settle it.
struct LaunchPlanRecord: Codable, Equatable, Sendable {
    var cluster: String
    /// The call that started it; with the definition it gives the settings again.
    var request: RunTaskRequest
    var family: String
    var revision: Int
    /// The first of its 65,536 host ids.
    var hostIDBase: UInt32
    var size: TaskSize
    /// The kernel's final counters; nil until it has stopped, and for a task that never ran.
    var usage: TaskUsage?

    func encoded() throws -> Data { try JSONEncoder().encode(self) }

    static func decode(_ data: Data) throws -> LaunchPlanRecord { try JSONDecoder().decode(Self.self, from: data) }
}
