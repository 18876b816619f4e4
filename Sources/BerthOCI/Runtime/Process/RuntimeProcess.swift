/// The program of a container, or one that `exec` adds to it (config.md, "Process"; also the whole of a process.json).
public struct RuntimeProcess: Equatable, Sendable {
    /// Whether it gets a pseudo-terminal.
    public var terminal = false
    /// Nil leaves the kernel's default; without a terminal it has no effect.
    public var consoleSize: ConsoleSize?
    public var user = RuntimeUser()
    /// The first is the program.
    public var arguments: [String]
    /// `NAME=value` each.
    public var environment: [String] = []
    /// Absolute in the container.
    public var workingDirectory = "/"
    /// Nil when the document says nothing of capabilities: the process then keeps what the runtime has.
    public var capabilities: ProcessCapabilities?
    /// Each at most once; of others the process keeps the runtime's.
    public var limits: [RuntimeLimit] = []
    /// PR_SET_NO_NEW_PRIVS of prctl(2).
    public var noNewPrivileges = false
    /// Any but `unconfined` is refused when the container is created, as is a label of SELinux.
    public var apparmorProfile: String?
    public var selinuxLabel: String?
    /// −1000 to 1000; nil leaves the runtime's own.
    public var oomScoreAdjustment: Int32?
    /// Nil leaves the runtime's own.
    public var scheduler: RuntimeScheduler?
    /// Nil leaves the runtime's own.
    public var ioPriority: RuntimeIOPriority?

    /// The least that a program needs: root, in `/`, with nothing set.
    public init(arguments: [String]) { self.arguments = arguments }

    /// - Throws: ``SpecError`` that names the field, also for what Berth does not do.
    public init(_ field: Field) throws(SpecError) {
        terminal = try field.member("terminal").flag()
        consoleSize = try field.member("consoleSize").decode(ConsoleSize.init)
        user = try field.member("user").decode(RuntimeUser.init) ?? RuntimeUser()
        arguments = try field.member("args").strings()
        guard let program = arguments.first, !program.isEmpty else {
            throw try field.member("args").error("names no program", "write the program and its arguments")
        }
        environment = try field.member("env").strings()
        let directory = try field.member("cwd")
        guard let path = try directory.absolutePath() else { throw directory.missing }
        workingDirectory = path
        capabilities = try field.member("capabilities").decode(ProcessCapabilities.init)
        limits = try field.member("rlimits").list(RuntimeLimit.init)
        try RuntimeLimit.checkOnce(limits, in: field.member("rlimits"))
        noNewPrivileges = try field.member("noNewPrivileges").flag()
        apparmorProfile = try field.member("apparmorProfile").string().flatMap { $0.isEmpty ? nil : $0 }
        selinuxLabel = try field.member("selinuxLabel").string().flatMap { $0.isEmpty ? nil : $0 }
        oomScoreAdjustment = try field.member("oomScoreAdj").integer(in: -1000...1000)
        scheduler = try field.member("scheduler").decode(RuntimeScheduler.init)
        ioPriority = try field.member("ioPriority").decode(RuntimeIOPriority.init)
        try field.member("commandLine").refuse("Windows containers", remedy: "write args instead")
        try field.member("execCPUAffinity").refuse("CPU affinity of exec")
    }
}

/// A terminal's size in characters; 0 by 0 leaves the kernel's default.
public struct ConsoleSize: Equatable, Sendable {
    public var rows: UInt16
    public var columns: UInt16
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
    init(_ field: Field) throws(SpecError) {
        rows = try field.member("height").requiredInteger()
        columns = try field.member("width").requiredInteger()
    }
}

/// Whom a process runs as, by number inside the container.
public struct RuntimeUser: Equatable, Sendable {
    /// Below the last id, which means "none" to the kernel (setresuid(2)); so are groups.
    public var uid: UInt32 = 0
    public var gid: UInt32 = 0
    public var additionalGids: [UInt32] = []
    /// The file mode creation mask; nil leaves 022.
    public var umask: UInt32?

    public init() {}

    init(_ field: Field) throws(SpecError) {
        uid = try field.member("uid").integer(in: Self.ids) ?? 0
        gid = try field.member("gid").integer(in: Self.ids) ?? 0
        umask = try field.member("umask").integer(in: 0...0o777)
        additionalGids = try field.member("additionalGids").list { (element) throws(SpecError) in
            try element.requiredInteger(in: Self.ids)
        }
        // 65,536 is the kernel's NGROUPS_MAX (linux/limits.h).
        if additionalGids.count > 65_536 {
            throw try field.member("additionalGids").error("has more than 65,536 groups", "write fewer")
        }
    }

    /// The last id means "none" to the kernel (setresuid(2)).
    static let ids: ClosedRange<UInt32> = 0...UInt32.max - 1
}
