import Crypto
import Foundation

/// One row of the append-only ledger, as the store keeps it.
public struct LedgerEntry: Equatable, Sendable {
    /// Counts from 1, without a gap.
    public var sequence: Int64
    /// ``LedgerRecord/key``; unique.
    public var key: String
    /// The record's JSON, byte for byte as it was hashed.
    public var payload: [UInt8]
    /// The hash of the row before; ``LedgerHead/genesis``'s for the first.
    public var previousHash: [UInt8]
    /// SHA-256 of ``previousHash`` followed by ``payload``.
    public var hash: [UInt8]

    public init(sequence: Int64, key: String, payload: [UInt8], previousHash: [UInt8], hash: [UInt8]) {
        self.sequence = sequence
        self.key = key
        self.payload = payload
        self.previousHash = previousHash
        self.hash = hash
    }

    /// The record that the payload holds.
    public func record() throws(LedgerError) -> LedgerRecord {
        do {
            return try JSONDecoder().decode(LedgerRecord.self, from: Data(payload))
        } catch {
            throw LedgerError.broken(sequence, "its payload is not a ledger record (\(error))")
        }
    }

    static func hash(_ payload: [UInt8], after previousHash: [UInt8]) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: previousHash)
        hash.update(data: payload)
        return Array(hash.finalize())
    }
}

/// The end of the chain: what the next entry is chained to, and what an invoice prints as its seal.
public struct LedgerHead: Equatable, Sendable {
    /// The last entry's; 0 for an empty ledger.
    public var sequence: Int64
    /// 32 bytes.
    public var hash: [UInt8]

    public init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    /// The head of an empty ledger.
    public static let genesis = LedgerHead(sequence: 0, hash: Array(repeating: 0, count: 32))

    /// The entries that append records, in order. Pure: the caller stores them in the transaction that read the head.
    public func appending(_ records: [LedgerRecord]) throws(LedgerError) -> [LedgerEntry] {
        var head = self
        var entries: [LedgerEntry] = []
        for record in records {
            let payload = try record.canonicalJSON
            let entry = LedgerEntry(
                sequence: head.sequence + 1, key: record.key, payload: payload, previousHash: head.hash,
                hash: LedgerEntry.hash(payload, after: head.hash))
            entries.append(entry)
            head = LedgerHead(sequence: entry.sequence, hash: entry.hash)
        }
        return entries
    }
}

extension LedgerError {
    static func broken(_ sequence: Int64, _ cause: String) -> LedgerError {
        LedgerError(
            operation: "verify ledger", subject: "entry \(sequence)", cause: cause,
            remedy: "The ledger was changed after it was written: restore it from a backup and compare.")
    }
}
