import Glibc

/// What stands before the verb.
struct GlobalOptions {
    /// Where containers are kept: `/run/berth-oci`, or below `XDG_RUNTIME_DIR` for a user without privileges.
    var root: String
    var logPath: String?
    var logFormat: Log.Format
    var isDebug: Bool

    static let options: [Option] = [
        .flag("debug", nil, "log what is done, too"),
        .value("log", nil, as: "FILE", "write the log here (default: standard error)"),
        .value("log-format", nil, as: "FORMAT", "\"text\" or \"json\" (default: \"text\")"),
        .value("root", nil, as: "DIRECTORY", "where the state of containers is kept (default: \"/run/berth-oci\")"),
        .flag("systemd-cgroup", nil, "not supported: cgroups are managed directly"),
        .value("cgroup-manager", nil, as: "MANAGER", "\"cgroupfs\", the only one, or \"disabled\""),
        .value("rootless", nil, as: "ANSWER", "accepted and ignored: Berth looks for itself"),
        .value("criu", nil, as: "FILE", "accepted and ignored: there is no checkpoint"),
        .flag("help", "h", "show this help"),
        .flag("version", "v", "show the version"),
    ]

    init(_ arguments: Arguments) throws(Failure) {
        root = arguments["root"] ?? Self.defaultRoot
        logPath = arguments["log"].flatMap { $0.isEmpty ? nil : $0 }
        guard let format = Log.Format(rawValue: arguments["log-format"] ?? "text") else {
            throw Failure("option --log-format is \"text\" or \"json\", not \"\(arguments["log-format"] ?? "")\"")
        }
        logFormat = format
        isDebug = arguments.has("debug")
        if !root.hasPrefix("/") {
            root = try WorkingDirectory.path() + "/" + root
        }
    }

    /// Refuses what would silently be something else.
    static func check(_ arguments: Arguments) throws(Failure) {
        let manager = arguments["cgroup-manager"] ?? "cgroupfs"
        if arguments.has("systemd-cgroup") || manager == "systemd" {
            throw Failure(
                "Berth does not have systemd make cgroups; use the cgroupfs manager (podman: --cgroup-manager cgroupfs,"
                    + " containerd: SystemdCgroup = false)")
        }
        if manager != "cgroupfs" {
            throw Failure("option --cgroup-manager is \"cgroupfs\", not \"\(manager)\"")
        }
    }

    /// Where containers are kept unless the command line says otherwise.
    static var defaultRoot: String {
        if geteuid() != 0, let directory = getenv("XDG_RUNTIME_DIR") {
            return String(cString: directory) + "/berth-oci"
        }
        return "/run/berth-oci"
    }
}
