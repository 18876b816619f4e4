import BerthLinux

/// Namespaces of loopback alone; on a network's own thread.
struct BareSandboxes {
    private let shared: SharedPool
    private let host: SharedDescriptor

    init(_ shared: SharedPool, host: SharedDescriptor) { (self.shared, self.host) = (shared, host) }

    /// Makes a batch of what the pool lacks.
    ///
    /// - Returns: whether it lacks more.
    func refill(inLull isLull: Bool) -> Bool {
        let missing = shared.pool.withLock { $0.missingBare(inLull: isLull) }
        if missing == 0 { return false }
        do {
            let procfs = try SandboxFactory.procfs()
            for _ in 0..<min(missing, Self.batch) {
                let namespace = try SandboxFactory.makeBare(host: host.descriptor, procfs)
                shared.pool.withLock { $0.addBare(namespace) }
            }
        } catch {
            return false
        }
        return missing > Self.batch
    }

    /// Takes one back that no process has entered.
    ///
    /// - Returns: false where enough wait.
    func giveBack(_ namespace: SharedNamespace) -> Bool { shared.pool.withLock { $0.giveBackBare(namespace) } }

    func take(_ settings: [NetworkSetting]) -> Result<SharedNamespace, NetworkRefusal> {
        Result { () throws(NetworkRefusal) in
            let ready = shared.pool.withLock { $0.takeBare() }
            let namespace = if let ready { ready } else { try make() }
            try apply(settings, to: namespace)
            return namespace
        }
    }

    private func make() throws(NetworkRefusal) -> SharedNamespace {
        do throws(LinuxError) {
            return try SandboxFactory.makeBare(host: host.descriptor, try SandboxFactory.procfs())
        } catch {
            throw NetworkRefusal(.interface, "no network could be made: \(error)")
        }
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

    private static let batch = 8
}
