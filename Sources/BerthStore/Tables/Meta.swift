import Foundation

/// What makes this store this store; set when it is made and never changed.
public struct StoreIdentity: Equatable, Sendable {
    /// A random UUID.
    public var instance: String
    /// The twelve digits that its ARNs carry.
    public var account: String
    /// Milliseconds since 1970.
    public var created: Int64
}

extension StoreReader {
    /// A remembered value.
    public func meta(_ key: String) throws -> String? { try row("SELECT value FROM meta WHERE key = ?", [key])?[0] }
}

extension StoreWriter {
    /// Remembers a value.
    public func setMeta(_ key: String, _ value: String) throws {
        try execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", [key, value])
    }

    /// The identity of this store, made with `account` when there is none yet.
    public func identity(account: @autoclosure () -> String, now: Int64) throws -> StoreIdentity {
        if let instance = try reader.meta("instance"), let account = try reader.meta("account"),
            let created = try reader.meta("created").flatMap(Int64.init)
        {
            return StoreIdentity(instance: instance, account: account, created: created)
        }
        let identity = StoreIdentity(instance: UUID().uuidString.lowercased(), account: account(), created: now)
        try setMeta("instance", identity.instance)
        try setMeta("account", identity.account)
        try setMeta("created", String(identity.created))
        return identity
    }
}
