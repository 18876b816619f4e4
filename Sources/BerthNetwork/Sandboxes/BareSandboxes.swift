import BerthLinux

/// Namespaces of loopback alone; on a network's own thread.
struct BareSandboxes {
    private let shared: SharedPool
    private let host: SharedDescriptor
    private var batch: Batch?

    /// What was begun: how many are still to be made, and where their settings are written. With many in one procfs the kernel
    /// would look for each setting among all of theirs.
    private struct Batch {
        var left: Int
        let procfs: SharedDescriptor
        static let most = 8
    }

    init(_ shared: SharedPool, host: SharedDescriptor) { (self.shared, self.host) = (shared, host) }

    /// Makes one of those that the pool lacks: whoever finds it empty meanwhile waits for no more than that.
    ///
    /// - Returns: whether to come again.
    mutating func refill(inLull isLull: Bool) -> Bool {
        let missing = batch?.left ?? shared.pool.withLock { $0.missingBare(inLull: isLull) }
        guard missing > 0, let namespace = try? make(of: missing) else { return false }
        shared.pool.withLock { $0.addBare(namespace) }
        return true
    }

    /// Takes one back that no process has entered.
    ///
    /// - Returns: false where enough wait.
    func giveBack(_ namespace: SharedNamespace) -> Bool { shared.pool.withLock { $0.giveBackBare(namespace) } }

    mutating func take(_ settings: [NetworkSetting]) -> Result<SharedNamespace, NetworkRefusal> {
        Result { () throws(NetworkRefusal) in
            let ready = shared.pool.withLock { $0.takeBare() }
            let namespace: SharedNamespace
            do throws(LinuxError) { namespace = if let ready { ready } else { try make(of: 1) } } catch {
                throw NetworkRefusal(.interface, "no network could be made: \(error)")
            }
            try apply(settings, to: namespace)
            return namespace
        }
    }

    /// The next of the batch, or the first of a new one.
    private mutating func make(of missing: Int) throws(LinuxError) -> SharedNamespace {
        var current =
            if let batch { batch } else { Batch(left: min(missing, Batch.most), procfs: try SandboxFactory.procfs()) }
        current.left -= 1
        batch = current.left > 0 ? current : nil
        return try SandboxFactory.makeBare(host: host.descriptor, current.procfs)
    }

    /// Writes settings of a task's definition into its namespace.
    func apply(_ settings: [NetworkSetting], to namespace: SharedNamespace) throws(NetworkRefusal) {
        for setting in settings {
            let parts = setting.path.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
                throw NetworkRefusal(.interface, "systemControls: 'net/\(setting.path)' is no setting of the kernel")
            }
        }
        if settings.isEmpty { return }
        do {
            try SandboxFactory.apply(settings, to: namespace.network, host: host.descriptor)
        } catch {
            throw NetworkRefusal(.interface, "systemControls: \(error)")
        }
    }
}
