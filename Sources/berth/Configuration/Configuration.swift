import Logging

/// Everything an operator may set. `Config/berth.yaml` shows each key with its default and why; a test keeps them equal.
struct Configuration: Equatable, Sendable {
    var root = "/var/lib/berth"
    var listen = ListenAddress(host: "127.0.0.1", port: 7070)
    var region = "us-east-1"
    var account = "000000000000"
    var logLevel = Logger.Level.info
    /// Nil: `berth-shim` beside the running `berth`.
    var shim: String?
    /// Nil: the sheet that is compiled in.
    var priceSheet: String?
    /// The cgroup below which everything of this daemon lives, within the hierarchy; nil: ``defaultCgroupRoot``.
    var cgroupRoot: String?
    /// CPU units that tasks may reserve together; nil: all of this machine's.
    var capacityCPU: Int?
    /// MiB that tasks may reserve together; nil: all of this machine's.
    var capacityMemory: Int?
    /// The most processes and threads of one task.
    var taskProcesses = 4_096
    /// Days that a stopped task and its log are kept.
    var retentionDays = 30
    /// The first host id of the ranges that tasks' ids are mapped to.
    var firstHostID = 1_879_048_192
    /// How many tasks can have a range at a time.
    var hostIDRanges = 4_095

    /// Named after the root directory, so that two daemons on one machine never meet.
    var defaultCgroupRoot: String {
        "/berth/" + root.split(separator: "/").joined(separator: "-")
    }
}
