import BerthLinux
import BerthStore
import Foundation
import Glibc

/// What is done once a day: forgetting what is older than the operator wants to keep.
extension Engine {
    static let upkeepInterval = Duration.seconds(24 * 3600)

    /// Removes stopped tasks and their logs after the retention time, and client tokens after a day. The ledger stays.
    func forgetOld() async {
        do {
            let now = Date().milliseconds
            let day: Int64 = 24 * 3600 * 1000
            // ECS keeps a token for at least 24 hours; one more hour is for clocks that were set.
            try await store.write { try $0.removeAnsweredCalls(before: now - day - 3_600_000) }
            let limit = now - Int64(configuration.retentionDays) * day
            while !Task.isCancelled {
                // Few at a time, so that no call waits long for its turn to write.
                let ids = try await store.read { try $0.tasksStopped(before: limit, limit: 200) }
                if ids.isEmpty { return }
                let files = try await store.read { reader in
                    try ids.flatMap { try reader.logStreams(task: $0).map(\.path) }
                }
                // Files first: rows that a crash leaves behind are found again tomorrow, files would not be.
                await workers.run { for file in files { unlink(file) } }
                try await store.write { writer in
                    for id in ids { try writer.removeLogStreams(task: id) }
                    try writer.removeTasks(ids)
                }
            }
        } catch {
            logger.error("old tasks cannot be removed: \(error)")
        }
    }
}
