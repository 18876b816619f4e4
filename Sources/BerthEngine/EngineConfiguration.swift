import BerthImages
import BerthLaunch
import BerthLedger
import BerthLinux
import BerthModel
import SystemPackage

/// What an operator decides about the engine.
public struct EngineConfiguration: Sendable {
    /// Holds `tasks/`, `logs/` and `trash/`; an absolute path.
    public var root: String
    /// Stands in every ARN.
    public var account: Account
    /// What all tasks together may reserve.
    public var capacity: TaskSize
    /// The most processes and threads of one task.
    public var pidsPerTask = 4096
    /// Days that a stopped task, its log and its answers to DescribeTasks are kept. What it cost is kept for ever.
    public var retentionDays = 30
    public var hostIDs = HostIDRanges()
    /// The user and group that every task shares with the host; nil for none.
    public var keptIDs: KeptIDs?
    /// What definitions of host flavour may ask for.
    public var hostPolicy = HostPolicy.strict
    /// When registries are asked for the images of tasks.
    public var pullPolicy = PullPolicy.missing
    /// Holds what `repositoryCredentials` of task definitions name (``RegistrySecrets``); nil for none.
    public var secretsDirectory: String?
    /// How many sandboxes wait, with everything done but execve(2), for tasks like those that ran last.
    public var parkedSandboxes = 0
    /// What tasks are charged by.
    public var prices: PriceSheet

    public init(root: String, account: Account, capacity: TaskSize, prices: PriceSheet) {
        self.root = root
        self.account = account
        self.capacity = capacity
        self.prices = prices
    }

    var tasksDirectory: String { root + "/tasks" }
    var logsDirectory: String { root + "/logs" }
    var trashDirectory: String { root + "/trash" }

    func makeDirectories() throws(LinuxError) {
        for directory in [tasksDirectory, logsDirectory, trashDirectory] {
            do throws(LinuxError) { try makeDirectory(directory, 0o700) } catch {
                if error.errno != .fileExists { throw error }
            }
        }
    }
}

/// The host's user ids that are given to tasks, 65,536 to each.
public struct HostIDRanges: Equatable, Sendable {
    /// The first id. The default lies above everything that /etc/subuid and systemd give out (systemd's
    /// UIDS-GIDS document: container ranges end at 1879048191) and below 2³¹, from where on programs go wrong.
    public var first: UInt32 = 1_879_048_192
    /// How many tasks can have a range at a time; the default ends at 2³¹ - 65,537.
    public var count: UInt32 = 4095

    public init() {}

    static let size: UInt32 = 65536
}
