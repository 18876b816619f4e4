import BerthCgroups
import BerthLaunch
import BerthLedger
import BerthModel
import BerthStore
import Foundation

extension Engine {
    /// What tasks cost, newest first; the newest 1,000 when `task` is nil.
    ///
    /// A stopped task's bill is what the ledger holds. A task that has not stopped has an estimate: what it would cost
    /// if it ended now, and what it has used until now.
    public func bill(task: String?) async throws -> [TaskBill] {
        if let task {
            let id = try TaskName(task, account: configuration.account).id
            let row = try await store.read { try $0.task(id) }
            guard let row else { throw ServiceError.taskNotFound }
            return [try await bill(row)]
        }
        var bills: [TaskBill] = []
        for row in try await store.read({ try $0.tasks(prefix: "", limit: Self.mostBills) }) {
            bills.append(try await bill(row))
        }
        return bills
    }

    private static let mostBills = 1000

    private func bill(_ row: StoredTask) async throws -> TaskBill {
        if let live = live[row.task.id] { return try await estimate(live) }
        let dossier = try TaskDossier.decode(row.launch)
        let rows = try await store.read { try $0.ledgerRows(keyPrefix: row.task.id + "/") }
        let records = try rows.map { try LedgerEntry($0).record() }
        // No records: its pull never began, and it cost nothing.
        let charge =
            try Charge(records: records) ?? configuration.prices.charge(dossier.reservation, durationNanoseconds: nil)
        return TaskBill(task: row.task, charge: charge, used: TaskBill.Used(dossier.usage))
    }

    private func estimate(_ live: LiveTask) async throws -> TaskBill {
        let charge = try charge(live.dossier, end: .now())
        let usage = await workers.run { [cgroups] in
            // A task that is just starting or ending may have no cgroup.
            (try? cgroups.counters(live.id)).map { cgroups.usage(from: $0) }
        }
        return TaskBill(task: live.task, charge: charge, used: TaskBill.Used(usage))
    }
}

extension TaskBill.Used {
    init(_ usage: TaskUsage?) {
        self.init()
        cpuUsec = usage?.cpuUsec
        cpuUserUsec = usage?.cpuUserUsec
        cpuSystemUsec = usage?.cpuSystemUsec
        memoryPeakBytes = usage?.memoryPeakBytes
        ioReadBytes = usage?.ioReadBytes
        ioWriteBytes = usage?.ioWriteBytes
        oomKills = usage?.oomKills
    }
}
