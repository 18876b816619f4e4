import BerthCgroups
import BerthConfinement
import BerthLaunch
import BerthLinux
import Foundation

/// A place to launch tasks in: a layer with busybox, a task directory and a cgroup each, all removed at the end.
final class LaunchFixture {
    let root: String
    let driver: any CgroupDriver
    let launcher: Launcher
    private let compiler = SeccompCompiler()

    /// The shim that this build made.
    static var shim: String { built("berth-shim") }

    /// A program that this build made, beside the test bundle.
    static func built(_ name: String) -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.appending(path: name).path) {
            folder.deleteLastPathComponent()
        }
        return folder.appending(path: name).path
    }

    init() throws {
        let name = "berth-launch-\(UInt32.random(in: 0 ... .max))"
        root = "/tmp/\(name)"

        for directory in ["bin", "etc", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/layers/base/\(directory)", withIntermediateDirectories: true)
        }
        try FileManager.default.copyItem(atPath: "/bin/busybox", toPath: "\(root)/layers/base/bin/busybox")
        for applet in [
            "sh", "true", "cat", "id", "echo", "sleep", "ls", "hostname", "mount", "touch", "grep", "pwd", "kill",
            "tty", "stty", "wc", "head", "tail", "tr",
        ] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(root)/layers/base/bin/\(applet)", withDestinationPath: "busybox")
        }
        driver = try makeDriver(root: "/\(name)")
        try driver.prepare()
        launcher = try Launcher(shim: Self.shim)
    }

    deinit {
        for task in (try? driver.tasks()) ?? [] {
            try? driver.kill(task)
            try? driver.removeTask(task)
        }
        try? driver.dismantle()
        try? FileManager.default.removeItem(atPath: root)
    }

    /// A task of one container or more; each runs a shell script.
    func request(
        _ scripts: [String], memory: UInt64 = 64 << 20, change: (inout ContainerLaunch) -> Void = { _ in }
    ) throws -> LaunchRequest {
        try request(commands: scripts.map { ["sh", "-c", $0] }, memory: memory, change: change)
    }

    func request(
        commands: [[String]], memory: UInt64 = 64 << 20, change: (inout ContainerLaunch) -> Void = { _ in }
    ) throws -> LaunchRequest {
        let id = UUID().uuidString.replacingOccurrences(of: "-", with: "").lowercased()
        let directory = "\(root)/tasks/\(id)"
        let names = commands.indices.map { "c\($0)" }
        for name in names {
            for part in ["upper", "work"] {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/containers/\(name)/\(part)", withIntermediateDirectories: true)
            }
        }
        let cgroup = try driver.createTask(
            id, limits: TaskLimits(cpuUnits: 1024, memoryBytes: memory, pids: 64),
            containers: names.map { ContainerLimits(name: $0) })
        let seccomp = try compiler.program(capabilities: .standard)
        let containers = zip(names, commands).map { name, command in
            var container = ContainerLaunch(
                name: name, layers: ["\(root)/layers/base"], layersRoot: "\(root)/layers", arguments: command,
                environment: ["PATH=/bin", "GREETING=hello"], workingDirectory: "/", uid: 0, gid: 0, additionalGids: [],
                capabilities: .standard, seccomp: seccomp, logPath: "\(directory)/\(name).log", essential: true,
                readonlyRootFilesystem: false, stopSignal: 15, stopTimeout: 2, dependencies: [])
            change(&container)
            return container
        }
        return LaunchRequest(
            id: id, directory: directory, hostname: "task-\(id.prefix(6))", cgroup: cgroup, hostIDBase: 1_000_000,
            containers: containers)
    }

    /// Launches and waits for the end; the events in order.
    func run(_ request: LaunchRequest) async throws -> [TaskEvent] {
        var events: [TaskEvent] = []
        let task = try launcher.launch(request)
        for await event in task.events { events.append(event) }
        task.settled()
        return events
    }

    /// What a container printed: both streams as they came, or one.
    func output(_ request: LaunchRequest, _ container: Int = 0, of stream: UInt8? = nil) throws -> String {
        var bytes = try SmallFile.readBytes(request.containers[container].logPath, limit: 8 << 20)[...]
        var text: [UInt8] = []
        while let frame = LogFrame(bytes) {
            if stream == nil || stream == frame.stream {
                text += bytes.dropFirst(LogFrame.headerSize).prefix(frame.length)
            }
            bytes = bytes.dropFirst(LogFrame.headerSize + frame.length)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension [TaskEvent] {
    /// The record that ends a task's events.
    var record: TaskRecord? {
        if case .finished(let record)? = last { record } else { nil }
    }
}
