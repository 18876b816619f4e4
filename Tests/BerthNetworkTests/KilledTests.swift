import BerthModel
import BerthStore
import Foundation
import Testing

@testable import BerthNetwork

/// The victim is Tests/NetworkVictim: a process that has networks of tasks as a daemon has them, with a store.
@Suite("A process killed while it works on the host's network")
struct KilledTests {
    /// Kills at this many points, spread over all. `BERTH_CRASH_ALL=1` kills at every one.
    private static let points = 30

    private static var programs: String {
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    }

    /// What a host has, and what it forwards.
    private struct State: Equatable {
        var picture: Picture
        var forwarding: [String]

        /// What one has and the other has not.
        func difference(from other: State) -> String {
            let (mine, others) = (lines, other.lines)
            return "more \(mine.filter { !others.contains($0) }), less \(others.filter { !mine.contains($0) })"
        }

        private var lines: [String] {
            picture.links + picture.addresses.map { "address \($0)" } + picture.neighbours.map { "neighbour \($0)" }
                + picture.ruleset.split(separator: "\n").map(String.init) + forwarding.map { "forwarding \($0)" }
        }

        init(_ machine: Machine) async throws {
            picture = try await Picture(machine.host)
            // Groups and their rules are numbered as they come, whichever task is taken up first.
            picture.ruleset = picture.ruleset.replacing(#/\b([pg])\d+(o|i|v4|v6)\b/#) { "\($0.1)#\($0.2)" }
            forwarding = [
                try await machine.host.setting("ipv4/ip_forward"),
                try await machine.host.setting("ipv6/conf/all/forwarding"),
            ]
        }
    }

    @Test("leaves nothing that the next does not take up or take away, at whatever step it is killed")
    func everywhere() async {
        guard access("\(Self.programs)/killer", X_OK) == 0 else {
            print("SKIPPED: no program killer beside the tests: build the whole package")
            return
        }
        // From a process of its own: each program that it starts has a copy of every socket of this one until it is
        // executed, and other tests take ports again that they have just freed.
        await #expect(processExitsWith: .success) { try await KilledTests.killEverywhere() }
    }

    private static func killEverywhere() async throws {
        // What a host has after a victim that nobody killed, and its successor.
        let (calls, settled) = try await Machine.with { machine in
            let run = try await Self.run(in: machine, killedAt: 0, groups: ["sg-1", "sg-2", "sg-3"])
            #expect(!run.killed)
            _ = try await Self.run(in: machine, killedAt: 0)
            return (run.calls, try await State(machine))
        }
        try #require(calls > points)
        let all = ProcessInfo.processInfo.environment["BERTH_CRASH_ALL"] != nil
        for point in stride(from: 1, through: calls, by: all ? 1 : max(1, calls / points)) {
            do { try await check(point, of: calls, settled) } catch {
                Issue.record("killed at call \(point) of \(calls): \(error)")
            }
        }
    }

    private static func check(_ point: Int, of calls: Int, _ settled: State) async throws {
        let comment = "killed at call \(point) of \(calls)"
        try await Machine.with { machine in
            let bare = try await State(machine)
            _ = try await Self.run(in: machine, killedAt: point, groups: ["sg-1", "sg-2", "sg-3"])
            // The next one takes up what was written down, and ends it.
            let next = try await Self.run(in: machine, killedAt: 0)
            #expect(!next.killed, "\(comment)")
            let state = try await State(machine)
            #expect(state == settled, "\(comment): \(state.difference(from: settled))")
            let store = try Store(path: machine.directory + "/berth.db")
            let (tasks, leases) = try await store.read { reader in
                (try reader.liveTasks().count, try (0..<4).flatMap { try reader.networkLeases(task: Self.task($0)) })
            }
            #expect(tasks == 0 && leases == [], "\(comment)")
            try await HostNetwork.reset(
                try machine.settings(subnet: "10.213.0.0/24", owner: machine.directory), force: false)
            #expect(try await State(machine) == bare, "\(comment)")
        }
    }

    private static func task(_ number: Int) -> String { String(format: "%032x", number) }

    /// - Returns: how many calls it came to, and whether it was killed.
    private static func run(
        in machine: Machine, killedAt point: Int, groups: [String] = []
    ) async throws -> (calls: Int, killed: Bool) {
        let directory = machine.directory
        return try await machine.host.run {
            // A process is where the thread is that starts it.
            let process = Process()
            process.executableURL = URL(filePath: "\(programs)/killer")
            process.arguments = ["--network", "\(point)", "\(programs)/network-victim", directory] + groups
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            guard [0, 2].contains(process.terminationStatus) else { throw Failure(output: output) }
            return (Int(output.split(separator: "\n").last ?? "") ?? 0, process.terminationStatus == 2)
        }
    }

    private struct Failure: Error { var output: String }
}
