import BerthCgroups
import BerthConfinement
import BerthLinux
import CBerthPlan
import Foundation
import Testing

@testable import BerthLaunch

/// What the fuzzer of the C begins with (`Tests/Fuzz`): plans as they are compiled for real tasks, one of every kind.
///
/// `rootfs-tools/fuzz seeds` writes them, by this test with `BERTH_FUZZ_SEEDS` set.
@Suite("The fuzzer's seeds")
struct FuzzSeedTests {
    private static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz/seeds").path

    @Test(
        "are plans that the shim of today takes",
        arguments: ["one", "two", "held", "terminal", "long", "program", "bundle"])
    func taken(name: String) throws {
        let path = "\(Self.directory)/\(name)"
        if ProcessInfo.processInfo.environment["BERTH_FUZZ_SEEDS"] != nil {
            try Data(Self.plan(name)).write(to: URL(filePath: path))
        }
        let bytes = try SmallFile.readBytes(path)
        #expect(
            bytes.withUnsafeBytes { berth_plan_check($0.baseAddress, $0.count) } == 1,
            "the plan has changed: run rootfs-tools/fuzz seeds, and rootfs-tools/fuzz merge")
    }

    private static func plan(_ name: String) throws -> [UInt8] {
        switch name {
        case "one": try LaunchPlan(task(["a"]), layersByDescriptor: false).bytes
        case "two": try LaunchPlan(taskOfMany(), layersByDescriptor: true).bytes
        case "held": try LaunchPlan(heldTask(), layersByDescriptor: true).bytes
        case "long": try LaunchPlan(taskWithLongTexts(), layersByDescriptor: false).bytes
        case "terminal": try LaunchPlan(taskWithTerminal(), layersByDescriptor: true).bytes
        case "program": try LaunchPlan(program(), directory: "/t", maps: nil).bytes
        default: try LaunchPlan(bundle()).bytes
        }
    }

    /// Short, as seeds are mutated byte by byte: a real filter has 300 instructions.
    private static let seccomp = SeccompProgram(instructions: [UInt8](repeating: 6, count: 16))

    private static func task(_ names: [String], change: (inout ContainerLaunch) -> Void = { _ in }) -> LaunchRequest {
        let containers = names.map { name in
            var container = ContainerLaunch(
                name: name, layers: ["/l/x", "/l/y"], layersRoot: "/l", arguments: ["sh", "-c"],
                environment: ["PATH=/bin:/b", "A=1"], workingDirectory: "/w/d", uid: 1, gid: 2, additionalGids: [3, 4],
                capabilities: .standard, seccomp: seccomp, logPath: "/log", essential: true,
                readonlyRootFilesystem: true, stopSignal: 15, stopTimeout: 1, dependencies: [])
            change(&container)
            return container
        }
        return LaunchRequest(
            id: "t", directory: "/t", hostname: "h",
            cgroup: TaskCgroup(
                id: "t",
                containers: names.map { TaskCgroup.Node(name: $0, lifecycle: "/c/\($0)", joins: ["/m/tasks"]) },
                counters: [CounterFile(name: "cpu.stat", path: "/c/cpu.stat", container: nil)],
                removals: ["/c/a", "/c"]),
            hostIDBase: 100_000, containers: containers)
    }

    private static func taskOfMany() -> LaunchRequest {
        var request = task(["a", "b", "c"]) { container in
            container.initProcess = container.name == "a"
            container.keepsInput = container.name == "b"
            container.essential = container.name != "b"
            container.tmpfs = [TmpfsMount(path: "/m", sizeBytes: 4096, options: ["ro", "mode=700"])]
            container.limits = [ResourceLimit(.nproc, soft: 1, hard: 2)]
            container.systemControls = [SystemControl(name: "net.ipv4.ip_forward", value: "1")]
            container.dependencies =
                switch container.name {
                case "b": [.init(container: 0, condition: .start)]
                case "c": [.init(container: 1, condition: .success), .init(container: 0, condition: .complete)]
                default: []
                }
        }
        request.sharesProcesses = true
        return request
    }

    private static func heldTask() -> LaunchRequest {
        var request = task(["a", "b"]) { $0.essential = false }
        request.isHeld = true
        return request
    }

    private static func taskWithTerminal() -> LaunchRequest {
        var request = task(["a"]) { container in
            container.terminal = true
            container.keepsInput = true
        }
        request.hostIDBase = nil
        return request
    }

    /// Texts on both sides of a page, which is what the C has room for.
    private static func taskWithLongTexts() -> LaunchRequest {
        var request = task(["a"]) { container in
            container.workingDirectory = "/" + String(repeating: "d", count: 4093)
            container.arguments = [String(repeating: "c", count: 300)]
            container.environment = ["PATH=/b:/" + String(repeating: "p", count: 4090)]
            container.layers = (0..<20).map { "/l/" + String(repeating: "l", count: 200) + "\($0)" }
            container.tmpfs = [TmpfsMount(path: "/" + String(repeating: "m", count: 4097), sizeBytes: 4096)]
        }
        request.hostname = String(repeating: "h", count: 300)
        return request
    }

    private static func program() -> ExecRequest {
        ExecRequest(
            container: 0, cgroup: TaskCgroup.Node(name: "a", lifecycle: "/c/a", joins: ["/m/tasks"]),
            arguments: ["/bin/x"],
            environment: ["A=1"], workingDirectory: "/", uid: 0, gid: 0, additionalGids: [], capabilities: .standard,
            seccomp: seccomp, terminal: WindowSize(rows: 24, columns: 80))
    }

    /// The operations that only an OCI bundle asks for.
    private static func bundle() -> PlanContent {
        var container = ContainerPlan()
        container.namespaces = [.mount, .process]
        container.preservedDescriptors = 1
        container.operations = [
            .root(at: "/r", source: "/b", propagation: .slave), .source("/h", recursive: true), .becomeRoot(),
            .mount("proc", at: "/proc", .inert, propagation: .private),
            .bind(0, at: "/v/f", set: .readOnly, clear: .noExecute, propagation: .shared, recursiveAttributes: true),
            .bind(nil, at: "/v", set: .readOnly, clear: [], propagation: nil),
            .device("/dev/fuse", mode: 0o20_666, major: 10, minor: 229, uid: 0, gid: 0),
            .link("/dev/core", to: "/proc/kcore"),
            .mask(["/proc/kcore"]), .readOnly(["/proc/sys"]), .terminal(WindowSize(rows: 1, columns: 1), console: true),
            .hook("/k", arguments: ["k"], environment: ["K=1"], seconds: 1), .pivot,
            .propagation(.slave, recursive: true),
            .hostname("h"), .domainname("d"), .loopback, .umask(18), .personality(0), .ioPriority(4),
            .standardDescriptors, .directory("/w"), .bounding(.standard), .user(uid: 1, gid: 2, additionalGids: nil),
            .capabilities(effective: .standard, permitted: .standard, ambient: [.kill]), .noNewPrivileges,
            .seccomp(seccomp), .gate, .execute(["x"], environment: ["A=1"]),
        ]
        var plan = PlanContent(directory: "/t")
        plan.containers = [container]
        return plan
    }
}
