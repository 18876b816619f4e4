import BerthLaunch
import BerthLedger
import BerthStore
import Foundation

extension Engine {
    /// What a task costs from the start of its pull to `end`; nothing when the pull never began.
    ///
    /// Measured on the clock since boot, which no change of the wall clock touches.
    func charge(_ dossier: TaskDossier, end: Timestamp) throws -> Charge {
        let duration = dossier.pullStart.map { start in
            end.boottime > start.boottime ? Int64(end.boottime - start.boottime) : 0
        }
        return try configuration.prices.charge(
            dossier.reservation, durationNanoseconds: duration, network: dossier.networkUsage)
    }
}

extension StoreWriter {
    /// Chains records to the ledger's end.
    func append(_ records: [LedgerRecord]) throws {
        let head = try reader.ledgerHead().map { LedgerHead(sequence: $0.sequence, hash: Array($0.hash)) } ?? .genesis
        for entry in try head.appending(records) {
            try appendLedger(
                LedgerRow(
                    sequence: entry.sequence, key: entry.key, payload: Data(entry.payload),
                    previousHash: Data(entry.previousHash), hash: Data(entry.hash)))
        }
    }
}

extension LedgerEntry {
    init(_ row: LedgerRow) {
        self.init(
            sequence: row.sequence, key: row.key, payload: Array(row.payload), previousHash: Array(row.previousHash),
            hash: Array(row.hash))
    }
}
