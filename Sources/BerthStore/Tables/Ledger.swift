import Foundation
import GRDB

/// A row of the ledger. The chain of hashes is made and checked by the ledger's own code; here rows are only added.
public struct LedgerRow: Equatable, Sendable {
    /// 1, 2, 3, … without gaps.
    public var sequence: Int64
    /// What the row is about, once and for all: a second row of the same key is refused.
    public var key: String
    /// The record, as the ledger wrote it.
    public var payload: Data
    /// The `hash` of the row before it.
    public var previousHash: Data
    /// Of this row, `previousHash` included.
    public var hash: Data

    public init(sequence: Int64, key: String, payload: Data, previousHash: Data, hash: Data) {
        self.sequence = sequence
        self.key = key
        self.payload = payload
        self.previousHash = previousHash
        self.hash = hash
    }

    init(_ row: Row) {
        self.init(sequence: row[0], key: row[1], payload: row[2], previousHash: row[3], hash: row[4])
    }
}

extension StoreReader {
    /// The newest row: what the next is chained to.
    public func ledgerHead() throws -> LedgerRow? {
        try row("SELECT * FROM ledger ORDER BY sequence DESC LIMIT 1").map { LedgerRow($0) }
    }

    /// The row of a key.
    public func ledgerRow(key: String) throws -> LedgerRow? {
        try row("SELECT * FROM ledger WHERE key = ?", [key]).map { LedgerRow($0) }
    }

    /// The rows whose key begins with `prefix`, in the order of their keys.
    public func ledgerRows(keyPrefix prefix: String) throws -> [LedgerRow] {
        try rows("SELECT * FROM ledger WHERE key >= :p AND key < :p || char(0x10FFFF) ORDER BY key", ["p": prefix])
            .map { LedgerRow($0) }
    }

    /// Rows in the order they were written, those after `sequence`.
    public func ledgerRows(after sequence: Int64, limit: Int) throws -> [LedgerRow] {
        try rows("SELECT * FROM ledger WHERE sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit]).map {
            LedgerRow($0)
        }
    }
}

extension StoreWriter {
    /// Adds a row; one whose key is there already fails the transaction.
    public func appendLedger(_ row: LedgerRow) throws {
        try execute(
            "INSERT INTO ledger (sequence, key, payload, previous_hash, hash) VALUES (?, ?, ?, ?, ?)",
            [row.sequence, row.key, row.payload, row.previousHash, row.hash])
    }
}
