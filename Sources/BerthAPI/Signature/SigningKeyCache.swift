import Crypto
import Synchronization

/// Signing keys already derived: four HMACs saved with every request of the same key, day, region and service.
///
/// Only keys that verified a signature are kept, so that strangers cannot fill it.
final class SigningKeyCache: Sendable {
    private struct Entry {
        var secret: String
        var key: SymmetricKey
    }

    private struct Index: Hashable {
        var accessKeyId: String
        var scope: SigV4.Scope
    }

    /// A client that signs for ever new regions must not make it grow; emptying it then costs a few microseconds.
    private static let limit = 1024

    private let entries = Mutex<[Index: Entry]>([:])

    func key(of accessKey: AccessKey, scope: SigV4.Scope) -> SymmetricKey {
        let entry = entries.withLock { $0[Index(accessKeyId: accessKey.id, scope: scope)] }
        if let entry, entry.secret == accessKey.secret { return entry.key }
        return SigV4.signingKey(secret: accessKey.secret, scope: scope)
    }

    func keep(_ key: SymmetricKey, of accessKey: AccessKey, scope: SigV4.Scope) {
        let index = Index(accessKeyId: accessKey.id, scope: scope)
        entries.withLock { entries in
            if entries[index]?.secret == accessKey.secret { return }
            if entries.count >= Self.limit { entries.removeAll() }
            entries[index] = Entry(secret: accessKey.secret, key: key)
        }
    }
}
