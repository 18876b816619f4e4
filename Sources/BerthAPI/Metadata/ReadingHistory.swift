import BerthEngine
import Synchronization

/// The last readings of each task that asked, for rates and differences.
final class ReadingHistory: Sendable {
    private let readings = Mutex<[String: TaskReadings]>([:])
    /// Far more than run at a time; beyond it, all begin anew.
    private static let limit = 4096

    /// Keeps a task's readings.
    ///
    /// - Returns: those before; nil for the first.
    func replace(_ new: TaskReadings, of task: String) -> TaskReadings? {
        readings.withLock { readings in
            if readings.count >= Self.limit, readings[task] == nil { readings = [:] }
            return readings.updateValue(new, forKey: task)
        }
    }
}
