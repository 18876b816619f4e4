import BerthLinux
import Glibc

/// What the command line says of a container that is created, or of a program that enters one.
struct CreationOptions {
    var consoleSocket: String?
    var pidFile: String?
    /// From 3 on.
    var preservedDescriptors = 0
    /// Whether the command ends while the container lives.
    var detaches = true
    /// Whether the program waits for `start`.
    var waitsForStart = false

    static let shared: [Option] = [
        .value("console-socket", nil, as: "SOCKET", "a socket that gets the master of the container's terminal"),
        .value("pid-file", nil, as: "FILE", "where the process's number is written"),
        .value("preserve-fds", nil, as: "NUMBER", "descriptors beside the standard ones that the program inherits"),
    ]

    static let creating: [Option] =
        [
            .value("bundle", "b", as: "DIRECTORY", "the bundle (default: the working directory)"),
            .flag("no-pivot", nil, "not supported: the root is always changed by pivot_root"),
            .flag("no-new-keyring", nil, "not supported: a container always has a keyring of its own"),
        ] + shared

    init(_ arguments: Arguments, detaches: Bool, waitsForStart: Bool = false) throws(Failure) {
        self.detaches = detaches
        self.waitsForStart = waitsForStart
        for (name, reason) in [
            ("no-pivot", "without pivot_root a container can leave its root; use a root that is no ramfs"),
            ("no-new-keyring", "a container would reach the caller's keys"),
        ] where arguments.has(name) {
            throw Failure("Berth does not do --\(name): \(reason)")
        }
        consoleSocket = arguments["console-socket"].flatMap { $0.isEmpty ? nil : $0 }
        pidFile = arguments["pid-file"].flatMap { $0.isEmpty ? nil : $0 }
        let preserved = try usage { () throws(UsageError) in try arguments.integer("preserve-fds", UInt16.self) } ?? 0
        // Sockets that systemd hands on come first (sd_listen_fds(3)).
        let areOurs = getenv("LISTEN_PID").flatMap { pid_t(String(cString: $0)) } == getpid()
        let listening = areOurs ? getenv("LISTEN_FDS").flatMap { UInt16(String(cString: $0)) } ?? 0 : 0
        preservedDescriptors = Int(preserved) + Int(listening)
        for descriptor in 3..<Int32(3 + preservedDescriptors) where fcntl(descriptor, F_GETFD) < 0 {
            throw Failure("--preserve-fds \(preserved): descriptor \(descriptor) is not open")
        }
    }

    /// The connection that the terminal goes over; nil when there is none or we keep it.
    func console(for terminal: Bool) throws(Failure) -> OwnedDescriptor? {
        if terminal && detaches && consoleSocket == nil {
            throw Failure("process.terminal is true: a command that does not stay needs --console-socket")
        }
        guard let consoleSocket else { return nil }
        if !terminal {
            throw Failure("--console-socket \(consoleSocket): process.terminal is false; set it or drop this")
        }
        if !detaches { throw Failure("--console-socket \(consoleSocket): only with --detach, or by create") }
        return try Console.connect(consoleSocket)
    }
}

/// The number of a container's process in a file of the caller's.
enum PIDFile {
    /// Whole or not at all.
    static func write(_ pid: Int32, to path: String) throws(Failure) {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let temporary = String(path.dropLast(name.count)) + ".\(name).\(getpid())"
        try step { () throws(LinuxError) in
            let file = try OwnedDescriptor.open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.writeAll(Array("\(pid)".utf8), subject: temporary)
            try check("rename", temporary) { rename(temporary, path) }
        }
    }
}
