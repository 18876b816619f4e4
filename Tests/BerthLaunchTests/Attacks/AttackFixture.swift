import BerthLaunch
import BerthLinux
import Foundation
import Testing

/// Attacks as the tests start them: a task runs the program `attacker`, and what it prints tells how far it came.
extension LaunchFixture {
    /// A task that makes one of the attacks of Tests/Attacker.
    func attack(
        _ name: String, _ arguments: [String] = [], change: (inout ContainerLaunch) -> Void = { _ in }
    ) throws -> LaunchRequest {
        try addAttacker()
        return try request(commands: [["attacker", name] + arguments], change: change)
    }

    /// Makes the attack and waits for its end; its lines, in order.
    func lines(of name: String, _ arguments: [String] = [], change: (inout ContainerLaunch) -> Void = { _ in })
        async throws -> [String]
    {
        let request = try attack(name, arguments, change: change)
        let record = try await run(request).record
        try #require(record?.containers[0].status == .code(0), "\(record?.containers[0] as Any)")
        return try output(request).split(separator: "\n").map(String.init)
    }

    /// Puts the program into the base layer of all tasks.
    func addAttacker() throws {
        let path = "\(root)/layers/base/bin/attacker"
        guard !FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.copyItem(atPath: Self.built("attacker"), toPath: path)
    }

    /// Adds names of busybox to the base layer.
    func addApplets(_ names: [String]) throws {
        for path in names.map({ "\(root)/layers/base/bin/\($0)" }) where !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "busybox")
        }
    }

    /// Adds a layer that `make` fills; its directory.
    func layer(_ name: String, _ make: (String) throws -> Void) throws -> String {
        let directory = "\(root)/layers/\(name)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try make(directory)
        return directory
    }

    /// How many mounts of the host lie below this fixture: none, whatever a task does.
    var hostMounts: [String] {
        get throws {
            try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n").map(String.init)
                .filter { $0.contains(root) }
        }
    }

    /// The process that watches a task, by its command line; nil when it is gone.
    func shim(of request: LaunchRequest) throws -> pid_t? {
        // A list of processes that come and go may pass one over.
        for _ in 0..<100 {
            if let found = try shims(of: request).first { return found }
            usleep(10_000)
        }
        return nil
    }

    /// Waits until nobody watches a task any more.
    func shimEnds(of request: LaunchRequest) async throws {
        while try !shims(of: request).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func shims(of request: LaunchRequest) throws -> [pid_t] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter {
            let line = try? SmallFile.read("/proc/\($0)/cmdline")
            return line?.hasPrefix("berth-shim\0\(request.id)\0") == true
        }
    }
}
