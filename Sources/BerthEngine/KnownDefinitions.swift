import BerthModel
import BerthStore
import Synchronization

/// Definitions as the store has them, by the name that a call gives, so that a task of one that was run before is started
/// without a look at the store: what a revision holds never changes, and a new one makes everything here be forgotten.
final class KnownDefinitions: Sendable {
    private struct State {
        var definitions: [TaskDefinitionName: TaskDefinitionResponse] = [:]
        /// How often all was forgotten: what was read before is not kept after.
        var generation = 0
    }
    private let state = Mutex(State())
    /// A few kilobytes each; beyond it the table starts anew.
    private static let limit = 128

    /// The definition, if it is known, and what ``keep(_:as:generation:)`` wants to hear if it is not.
    func find(_ name: TaskDefinitionName) -> (definition: TaskDefinitionResponse?, generation: Int) {
        state.withLock { ($0.definitions[name], $0.generation) }
    }

    /// Keeps what was read since ``find(_:)``, unless a definition has been written in the meantime.
    func keep(_ definition: TaskDefinitionResponse, as name: TaskDefinitionName, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.definitions.count >= Self.limit { state.definitions = [:] }
            state.definitions[name] = definition
        }
    }

    /// To be called after a definition is written and before that is answered.
    func forgetAll() {
        state.withLock { state in
            state.definitions = [:]
            state.generation += 1
        }
    }
}
