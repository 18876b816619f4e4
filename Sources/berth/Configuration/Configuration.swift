import Logging

/// Everything an operator may set. `Config/berth.yaml` shows each key with its default and why; a test keeps them equal.
struct Configuration: Equatable, Sendable {
    /// Which cgroup driver to use.
    enum Driver: String, CaseIterable, Sendable {
        /// Hybrid where v1 controllers are mounted, else unified.
        case auto
        case unified
        case hybrid
    }

    var root = "/var/lib/berth"
    var listen = ListenAddress(host: "127.0.0.1", port: 7070)
    var region = "us-east-1"
    var account = "000000000000"
    var logLevel = Logger.Level.info
    /// Nil: `berth-shim` beside the running `berth`.
    var shim: String?
    /// Nil: the sheet that is compiled in.
    var priceSheet: String?
    /// Nil: the policy that is compiled in.
    var seccompPolicy: String?
    var cgroupDriver = Driver.auto
    /// The name of the subtree below the host's cgroup root.
    var cgroupName = "berth"
    /// CPU units that tasks may reserve together; nil: all of this machine's.
    var capacityCPU: Int?
    /// MiB that tasks may reserve together; nil: all of this machine's.
    var capacityMemory: Int?
    /// The most processes and threads of one task.
    var taskProcesses = 4_096
    /// Whether container root is nobody on the host.
    var userNamespaces = true
    /// The first host id of the ranges that user namespaces map to.
    var firstHostID = 1_000_000
}
