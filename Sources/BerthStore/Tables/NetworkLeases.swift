import GRDB

/// Addresses by the task that holds them; the primary key is what no address is given twice by.
extension StoreReader {
    /// The addresses that a task holds, in order.
    public func networkLeases(task: String) throws -> [String] {
        try rows("SELECT address FROM network_leases WHERE task = ? ORDER BY address", [task]).map { $0[0] }
    }
}

extension StoreWriter {
    /// Keeps an address for a task.
    ///
    /// - Throws: when a task has it already.
    public func addNetworkLease(_ address: String, task: String) throws {
        try execute("INSERT INTO network_leases (address, task) VALUES (?, ?)", [address, task])
    }

    /// A task's address is free again; that of another task stays.
    public func removeNetworkLease(_ address: String, task: String) throws {
        try execute("DELETE FROM network_leases WHERE address = ? AND task = ?", [address, task])
    }

    /// The addresses of a task of which nobody can say any more which they are. Reads all leases.
    public func removeNetworkLeases(task: String) throws {
        try execute("DELETE FROM network_leases WHERE task = ?", [task])
    }

    /// Frees what belongs to no task that lives.
    ///
    /// - Returns: how many there were: none, if nothing else wrote to the database.
    public func removeStaleNetworkLeases() throws -> Int {
        try execute("DELETE FROM network_leases WHERE task NOT IN (SELECT id FROM tasks WHERE stopped IS NULL)", [])
        return database.changesCount
    }
}
