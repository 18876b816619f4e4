import BerthModel
import Foundation
import Synchronization

/// Definitions by the documents that they were decoded from: many tasks are started of few definitions.
final class DecodedDefinitions: Sendable {
    static let shared = DecodedDefinitions()

    private let known = Mutex<[Data: TaskDefinition]>([:])
    /// Far more than are in use at a time, a few kilobytes each; beyond it the table starts anew.
    private static let limit = 128

    func definition(_ document: Data) throws -> TaskDefinition {
        if let definition = known.withLock({ $0[document] }) { return definition }
        let definition = try Document.decode(TaskDefinition.self, document)
        known.withLock { known in
            if known.count >= Self.limit { known = [:] }
            known[document] = definition
        }
        return definition
    }
}
