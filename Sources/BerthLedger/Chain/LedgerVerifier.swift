/// Walks a ledger from its first entry and stops at the first that is not what was written.
///
/// It finds an entry that was changed, removed, added or moved, and an amount that is not its quantity × price. It
/// cannot find that entries are missing at the end: compare ``head`` with one that was kept elsewhere, such as an
/// invoice's. It remembers every key that it has met, about 200 bytes an entry.
public struct LedgerVerifier: Sendable {
    /// The end of what has been walked.
    public private(set) var head: LedgerHead
    private var keys: Set<String> = []

    /// Begins behind `head`, which it takes on trust; keys of earlier entries are not known to it then.
    public init(after head: LedgerHead = .genesis) {
        self.head = head
    }

    /// Checks the next entry.
    ///
    /// - Throws: ``LedgerError`` that names the entry and what is wrong with it.
    public mutating func check(_ entry: LedgerEntry) throws(LedgerError) {
        guard entry.sequence == head.sequence + 1 else {
            throw .broken(entry.sequence, "it follows entry \(head.sequence)")
        }
        guard entry.previousHash == head.hash else {
            throw .broken(entry.sequence, "it is not chained to entry \(head.sequence)")
        }
        guard entry.hash == LedgerEntry.hash(entry.payload, after: entry.previousHash) else {
            throw .broken(entry.sequence, "its hash is not that of its content")
        }
        let record = try entry.record()
        guard entry.key == record.key else {
            throw .broken(entry.sequence, "its key '\(entry.key)' is not its record's '\(record.key)'")
        }
        guard keys.insert(entry.key).inserted else {
            throw .broken(entry.sequence, "its key '\(entry.key)' is there twice")
        }
        guard try record.line.quantity.priced(record.line.unitPrice) == record.line.amount else {
            throw .broken(entry.sequence, "its amount is not its quantity × its price")
        }
        head = LedgerHead(sequence: entry.sequence, hash: entry.hash)
    }

    /// Checks a whole ledger and gives its head.
    public static func verify(_ entries: some Sequence<LedgerEntry>) throws(LedgerError) -> LedgerHead {
        var verifier = LedgerVerifier()
        for entry in entries { try verifier.check(entry) }
        return verifier.head
    }
}
