import BerthLinux
import BerthOCI
import Foundation
import Glibc
import Testing

@testable import BerthRuntime

/// Containers of the `berth-oci` that this build made, on this host's own kernel: a bundle with busybox, and a state
/// directory of the test's own. Whatever happens, none of it is left.
final class ContainerBench {
    /// Its last component has a space, which the kernel writes as `\040` where it lists mounts.
    let directory: String
    var bundle: String { directory + "/the bundle" }
    var root: String { bundle + "/rootfs" }
    var state: String { directory + "/state" }
    private var ids: [String] = []

    /// Containers and their cgroups need root, and a busybox to run.
    static let canRun = geteuid() == 0 && access("/bin/busybox", X_OK) == 0

    init() throws {
        directory = "/tmp/berth-oci-test-\(UInt32.random(in: 0 ... .max))"
        for part in ["bin", "etc", "proc", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(part)", withIntermediateDirectories: true)
        }
        // The directories above it may be entered by the user of a rootless container.
        chmod(directory, 0o755)
        try copy("/bin/busybox", to: root + "/bin/busybox")
        for applet in ["sh", "true", "cat", "echo", "sleep", "head", "id", "stty"] {
            symlink("busybox", "\(root)/bin/\(applet)")
        }
    }

    deinit {
        for id in ids { _ = try? run(["delete", "--force", id]) }
        SharedMounts.remove(below: root)
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A name that no other container has; it is deleted at the end.
    func newID() -> String {
        ids.append("test-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        return ids[ids.count - 1]
    }

    /// Writes the bundle's configuration: what `spec` writes, with a shell script and what the test changes.
    func configure(_ script: String, terminal: Bool = false, changes: [(String, JSONValue?)] = []) throws {
        try configure(["sh", "-c", script], terminal: terminal, changes: changes)
    }

    /// - Parameter rootless: an id of a user and of a group, which container root is then.
    func configure(
        _ arguments: [String], terminal: Bool = false, rootless: UInt32? = nil, changes: [(String, JSONValue?)] = []
    ) throws {
        var document = DefaultConfiguration.document(rootless: rootless.map { ($0, $0) })
        let own: [(String, JSONValue?)] = [
            ("process.args", .strings(arguments)), ("process.terminal", .bool(terminal)),
        ]
        for (path, value) in own + changes {
            document = Self.replacing(document, path.split(separator: ".").map(String.init)[...], value)
        }
        try Data(document.text().utf8).write(to: URL(filePath: bundle + "/config.json"))
    }

    /// A field changed by its path; nil takes it away.
    static func replacing(_ document: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        guard let name = path.first, case .object(var members) = document else { return value ?? .null }
        let new = path.count == 1 ? value : replacing(document[name] ?? .object([]), path.dropFirst(), value)
        members.removeAll { $0.name == name }
        if let new { members.append(.init(name, new)) }
        return .object(members)
    }

    /// What a command said, and how it ended.
    struct Outcome {
        var status: Int32
        var output: String
        var error: String
    }

    /// Runs berth-oci and waits for it; one that takes longer than any sane run is killed.
    ///
    /// - Parameter input: its standard input; nil is `/dev/null`.
    @discardableResult
    func run(_ words: [String], input: Int32? = nil) throws -> Outcome {
        try run(program: Self.runtime, ["--root", state] + words, input: input)
    }

    func run(program: String, _ arguments: [String], input: Int32? = nil) throws -> Outcome {
        // Files and no pipes: a container that lives on holds what it inherited.
        let files = try ["out", "err"].map { name in
            try OwnedDescriptor.open(
                "\(directory)/\(name)-\(UInt32.random(in: 0 ... .max))", flags: O_RDWR | O_CREAT, mode: 0o600
            ).release()
        }
        defer { for file in files { close(file) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        for (index, file) in files.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, file, Int32(index) + 1)
        }
        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var process = pid_t()
        try #require(posix_spawn(&process, program, &actions, nil, &argv, environ) == 0)
        let status = try Self.wait(process)
        let texts = files.map { file in
            lseek(file, 0, SEEK_SET)
            return FileHandle(fileDescriptor: file, closeOnDealloc: false).readDataToEndOfFile()
        }.map { String(decoding: $0, as: UTF8.self) }
        return Outcome(status: status, output: texts[0], error: texts[1])
    }

    /// Copies a program by another process: one that another test starts meanwhile would hold it open for writing, and
    /// the kernel executes no such file.
    func copy(_ program: String, to path: String) throws {
        try #require(run(program: "/bin/cp", [program, path]).status == 0)
    }

    /// The exit code, or minus the signal.
    private static func wait(_ process: pid_t) throws -> Int32 {
        var status: Int32 = 0
        for _ in 0..<60_000 {
            if waitpid(process, &status, WNOHANG) == process {
                return status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f)
            }
            usleep(1000)
        }
        kill(process, SIGKILL)
        waitpid(process, &status, 0)
        throw Hangs()
    }

    struct Hangs: Error {}

    /// Mount points below the bundle's root, as this process sees them.
    func mounts() throws -> [String] {
        try SmallFile.read("/proc/self/mountinfo", limit: 64 << 20).split(separator: "\n")
            .filter { $0.contains(directory) }.map(String.init)
    }

    /// The executable beside the test bundle.
    static var runtime: String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        while folder.path != "/", access(folder.path + "/berth-oci", X_OK) != 0 { folder.deleteLastPathComponent() }
        return folder.path + "/berth-oci"
    }
}
