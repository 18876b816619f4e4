import BerthCgroups
import BerthConfinement
import BerthLinux
import CBerthPlan
import Testing

@testable import BerthLaunch

@Suite("A launch plan")
struct PlanTests {
    /// A plan with two containers and one of everything.
    private func plan() throws -> [UInt8] {
        let container = { (name: String) in
            ContainerLaunch(
                name: name, layers: ["/layers/a", "/layers/b"], layersRoot: "/layers", arguments: ["sh", "-c", "true"],
                environment: ["A=1", "B=2"], workingDirectory: "/w", uid: 1, gid: 2, additionalGids: [3, 4],
                capabilities: .standard, seccomp: SeccompProgram(instructions: [UInt8](repeating: 6, count: 80)),
                logPath: "/log", essential: true, readonlyRootFilesystem: true, stopSignal: 15, stopTimeout: 30,
                dependencies: name == "b" ? [.init(container: 0, condition: .success)] : [])
        }
        let nodes = ["a", "b"].map { TaskCgroup.Node(name: $0, lifecycle: "/cg/\($0)", joins: ["/cg/memory/tasks"]) }
        let request = LaunchRequest(
            id: "t", directory: "/tasks/t", hostname: "h",
            cgroup: TaskCgroup(
                id: "t", containers: nodes,
                counters: [CounterFile(name: "cpu.stat", path: "/cg/cpu.stat", container: nil)],
                removals: ["/cg/a", "/cg/b", "/cg"]),
            hostIDBase: 100_000, containers: [container("a"), container("b")])
        return try LaunchPlan(request, layersByDescriptor: true).bytes
    }

    private func isSound(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { berth_plan_check($0.baseAddress, $0.count) == 1 }
    }

    @Test("that Berth compiles is sound")
    func sound() throws {
        #expect(isSound(try plan()))
    }

    @Test("that is cut short or has trailing bytes is refused")
    func truncated() throws {
        let whole = try plan()
        for length in stride(from: 0, to: whole.count, by: 8) { #expect(!isSound(Array(whole[..<length]))) }
        #expect(!isSound(whole + [0, 0, 0, 0, 0, 0, 0, 0]))
    }

    @Test("with any number changed is refused, or every offset in it still lies inside")
    func mutated() throws {
        let whole = try plan()
        var generator = SplitMix64(state: 0x6265_7274_68)
        for _ in 0..<50_000 {
            var copy = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0..<copy.count / 4, using: &generator) * 4
                let value =
                    [UInt32.max, 0, 1, UInt32(copy.count), .random(in: 0 ... .max, using: &generator)]
                    .randomElement(using: &generator) ?? 0
                withUnsafeBytes(of: value) { copy.replaceSubrange(at..<at + 4, with: $0) }
            }
            // The check itself must not read outside; what it lets through is read again as the shim would.
            if isSound(copy) { #expect(walk(copy)) }
        }
    }

    /// The plan of a container with these steps and nothing else.
    private func plan(
        of operations: [BerthLaunch.Operation], dependencies: [[Int]] = [[]]
    ) throws -> LaunchPlan {
        var content = PlanContent(directory: "/t")
        content.containers = dependencies.map { others in
            var part = ContainerPlan()
            part.operations = operations
            part.dependencies = others.map { .init(container: $0, condition: .start) }
            return part
        }
        return try LaunchPlan(content)
    }

    @Test("that would use a mount again after it is attached, and closed, is refused")
    func attachedTwice() throws {
        func bind(_ source: Int) -> BerthLaunch.Operation {
            .bind(source, at: "x", set: [], clear: [], propagation: nil)
        }
        let sources: [BerthLaunch.Operation] = [.source("/a", recursive: true), .source("/b", recursive: true)]
        _ = try plan(of: sources + [bind(1), bind(0), .bind(nil, at: "x", set: [], clear: [], propagation: nil)])
        #expect(throws: LinuxError.self) { try plan(of: sources + [bind(0), bind(1), bind(0)]) }
        _ = try plan(of: [.attachDevices])
        #expect(throws: LinuxError.self) { try plan(of: [.attachDevices, .loopback, .attachDevices]) }
    }

    @Test("names all places where a command may be: the last PATH of its own environment counts, or else the usual one")
    func commandPaths() {
        func paths(_ command: String, _ environment: [String]) -> [String] {
            CommandPaths(command, environment: environment).all
        }
        #expect(paths("x", ["PATH=/a", "PATHS=/b", "PATH=/c::d:", "A=PATH=/e"]) == ["/c/x", "d/x"])
        #expect(paths("x", []) == ContainerLaunch.usualPath.split(separator: ":").map { "\($0)/x" })
        #expect(paths("x", ["PATH="]).isEmpty)
        #expect(paths("x", ["PATH=/" + String(repeating: "p", count: 4093) + ":/a"]) == ["/a/x"])
        #expect(paths("./x", ["PATH=/a"]) == ["./x"] && paths("", ["PATH=/a"]).isEmpty)
        #expect(!CommandPaths("/x", environment: []).isSearch && CommandPaths("x", environment: []).isSearch)
    }

    @Test("of a command whose PATH has more directories than anybody means is refused, whatever size an image gives it")
    func endlessPath() throws {
        let long = "PATH=" + (0..<2000).map { "/\($0)" }.joined(separator: ":")
        let command = String(repeating: "c", count: 2000)
        #expect(CommandPaths(command, environment: [long]).all.count == 1024)
        let error = #expect(throws: LinuxError.self) {
            try CommandPaths.check(command, environment: [long], in: "main")
        }
        #expect(error?.errno == .argListTooLong)
        try CommandPaths.check("/bin/true", environment: [long], in: "main")
        try CommandPaths.check("true", environment: ["PATH=" + String(repeating: "/a:", count: 1023)], in: "main")
    }

    @Test("of a container without steps is refused: its process would run for ever")
    func noSteps() throws {
        #expect(throws: LinuxError.self) { try plan(of: []) }
    }

    @Test("whose containers wait for each other is refused")
    func dependencyCycles() throws {
        _ = try plan(of: [.loopback], dependencies: [[1, 2], [2], [], [0, 2]])
        #expect(throws: LinuxError.self) { try plan(of: [.loopback], dependencies: [[0]]) }
        #expect(throws: LinuxError.self) { try plan(of: [.loopback], dependencies: [[], [3], [1], [0, 2]]) }
    }

    /// Reads every text and list of a plan as the shim does; false when one leaves the buffer.
    private func walk(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { raw in
            func isText(_ offset: UInt32) -> Bool { offset < raw.count && raw[Int(offset)...].contains(0) }
            let plan = raw.loadUnaligned(as: berth_plan.self)
            guard isText(plan.directory), isText(plan.uid_map), isText(plan.gid_map) else { return false }
            return (0..<Int(plan.container_count)).allSatisfy { index in
                let at = Int(plan.containers) + index * MemoryLayout<berth_container>.stride
                let container = raw.loadUnaligned(fromByteOffset: at, as: berth_container.self)
                guard isText(container.lifecycle), isText(container.log), isText(container.score) else { return false }
                return (0..<Int(container.operation_count)).allSatisfy { step in
                    let at = Int(container.operations) + step * MemoryLayout<berth_operation>.stride
                    let operation = raw.loadUnaligned(fromByteOffset: at, as: berth_operation.self)
                    guard isText(operation.text.0), isText(operation.text.1), isText(operation.text.2) else {
                        return false
                    }
                    var entry = Int(operation.list)
                    while entry != 0 {
                        guard entry + 8 <= raw.count else { return false }
                        let text = raw.loadUnaligned(fromByteOffset: entry, as: UInt64.self)
                        if text == 0 { break }
                        guard text < UInt64(raw.count) else { return false }
                        entry += 8
                    }
                    return true
                }
            }
        }
    }
}

/// A generator with a seed, so that a failure comes again (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
private struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
