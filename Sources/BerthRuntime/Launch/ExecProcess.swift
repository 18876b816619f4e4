import BerthLinux
import BerthOCI

/// A program that enters a container: the container's own process with what the command line changes of it, or one from a
/// file.
struct ExecProcess {
    var process: RuntimeProcess

    init(_ arguments: Arguments, _ bundle: Bundle) throws(Failure) {
        for name in ["apparmor", "process-label", "cgroup"] where arguments[name]?.isEmpty == false {
            throw Failure("Berth does not do --\(name); leave it out")
        }
        if let path = arguments["process"], !path.isEmpty {
            process = try Self.read(path)
        } else {
            let command = Array(arguments.operands.dropFirst())
            guard !command.isEmpty else { throw Failure("exec needs a command, or --process") }
            process = bundle.configuration.process ?? RuntimeProcess(arguments: command)
            process.arguments = command
            process.terminal = false
            try adjust(arguments)
        }
        if arguments.has("tty") { process.terminal = true }
    }

    private static func read(_ path: String) throws(Failure) -> RuntimeProcess {
        let document = try path == "-" ? JSONReader.standardInput() : JSONReader.read(path)
        do throws(SpecError) {
            return try RuntimeProcess(Field(document: document))
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    private mutating func adjust(_ arguments: Arguments) throws(Failure) {
        if let directory = arguments["cwd"] {
            guard directory.hasPrefix("/") else { throw Failure("--cwd \"\(directory)\" is no absolute path") }
            process.workingDirectory = directory
        }
        process.environment += arguments.all("env")
        if let user = arguments["user"] {
            let ids = user.split(separator: ":", omittingEmptySubsequences: false).map { Self.id($0) }
            guard let uid = ids.first ?? nil, ids.count <= 2, let gid = ids.count > 1 ? ids[1] : process.user.gid else {
                throw Failure("--user \"\(user)\": write numbers, UID or UID:GID")
            }
            process.user.uid = uid
            process.user.gid = gid
        }
        for text in arguments.all("additional-gids") {
            guard let gid = Self.id(text[...]) else {
                throw Failure("--additional-gids \"\(text)\" is no group's number")
            }
            process.user.additionalGids.append(gid)
        }
        if arguments.has("no-new-privs") { process.noNewPrivileges = true }
        let added = arguments.all("cap")
        if !added.isEmpty {
            var sets = process.capabilities ?? ProcessCapabilities()
            sets.bounding += added
            sets.effective += added
            sets.permitted += added
            process.capabilities = sets
        }
    }

    private static func id(_ text: Substring) -> UInt32? {
        UInt32(text).flatMap { $0 == .max ? nil : $0 }
    }
}
