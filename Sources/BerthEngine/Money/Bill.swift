import BerthCgroups
import BerthLaunch
import BerthLedger
import BerthModel
import BerthStore
import Foundation

extension Engine {
    /// What a task costs.
    ///
    /// A stopped task's bill is what the ledger holds. A task that has not stopped has an estimate: what it would cost
    /// if it ended now, and what it has used until now.
    public func bill(task: String) async throws -> TaskBill {
        let id = try TaskName(task, account: configuration.account).id
        let row = try await store.read { try $0.task(id) }
        guard let row else { throw ServiceError.taskNotFound }
        return try await bill(row)
    }

    /// What all tasks cost, newest first, a page at a time.
    ///
    /// - Parameter maxResults: 1 to 100; 100 when nil.
    public func bills(maxResults: Int? = nil, nextToken: String?) async throws -> Page<TaskBill> {
        let size = try PageToken.pageSize(maxResults)
        let before = try PageToken.after(nextToken, of: "Bills").flatMap(Int64.init)
        let rows = try await store.read { try $0.tasks(before: before, limit: size + 1) }
        let page = rows.prefix(size)
        var bills: [TaskBill] = []
        for row in page { bills.append(try await bill(row.task)) }
        let isLast = rows.count <= size
        let token = isLast ? nil : page.last.map { PageToken(list: "Bills", after: String($0.cursor)).text }
        return Page(items: bills, nextToken: token)
    }

    private func bill(_ row: StoredTask) async throws -> TaskBill {
        if let live = live[row.task.id] { return try await estimate(live) }
        let dossier = try TaskDossier.decode(row.launch)
        let rows = try await store.read { try $0.ledgerRows(keyPrefix: row.task.id + "/") }
        let records = try rows.map { try LedgerEntry($0).record() }
        // No records: its pull never began, and it cost nothing.
        let charge =
            try Charge(records: records) ?? configuration.prices.charge(dossier.reservation, durationNanoseconds: nil)
        return TaskBill(task: row.task, charge: charge, used: TaskBill.Used(dossier.usage, dossier.networkUsage))
    }

    private func estimate(_ live: LiveTask) async throws -> TaskBill {
        var dossier = live.dossier
        if let network = dossier.network { dossier.networkUsage = await networks.usage(of: network) }
        let charge = try charge(dossier, end: .now())
        let usage = await workers.run { [cgroups] in
            // A task that is just starting or ending may have no cgroup.
            (try? cgroups.counters(live.id)).map { cgroups.usage(from: $0) }
        }
        return TaskBill(task: live.task, charge: charge, used: TaskBill.Used(usage, dossier.networkUsage))
    }
}

extension TaskBill.Used {
    init(_ usage: TaskUsage?, _ network: NetworkUsage?) {
        self.init()
        cpuUsec = usage?.cpuUsec
        cpuUserUsec = usage?.cpuUserUsec
        cpuSystemUsec = usage?.cpuSystemUsec
        memoryPeakBytes = usage?.memoryPeakBytes
        ioReadBytes = usage?.ioReadBytes
        ioWriteBytes = usage?.ioWriteBytes
        oomKills = usage?.oomKills
        networkReceivedBytes = network?.receivedBytes
        networkReceivedPackets = network?.receivedPackets
        networkSentBytes = network?.sentBytes
        networkSentPackets = network?.sentPackets
    }
}
