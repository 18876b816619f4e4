import BerthLaunch
import BerthLinux
import Foundation
import Testing

extension LaunchFixture {
    /// Runs a task while `body` works on it, then stops it; how its containers ended.
    @discardableResult
    func during(_ request: LaunchRequest, _ body: (RunningTask) async throws -> Void) async throws -> TaskRecord? {
        let task = try launcher.launch(request)
        var record: TaskRecord?
        for await event in task.events {
            switch event {
            case .started(let container, _) where container == request.containers.count - 1:
                do { try await body(task) } catch {
                    task.stop()
                    throw error
                }
                task.stop()
            case .failed(let container, let failure, _):
                Issue.record("container \(container): \(failure)")
                task.stop()
            case .finished(let finished): record = finished
            default: continue
            }
        }
        return record
    }

    /// A program to be executed in the first container of a task, as a user of it would.
    func exec(_ arguments: [String], in request: LaunchRequest) -> ExecRequest {
        ExecRequest(
            container: 0, cgroup: request.cgroup.containers[0], arguments: arguments, environment: ["PATH=/bin"],
            workingDirectory: "/", uid: 0, gid: 0, additionalGids: [], capabilities: request.containers[0].capabilities,
            seccomp: request.containers[0].seccomp, terminal: nil)
    }

    /// Executes it to its end; what it printed.
    func run(_ exec: ExecRequest, in task: RunningTask) async throws -> String {
        let running = try task.execute(exec)
        var last: ExecEvent?
        for await event in running.events { last = event }
        #expect(last == .exited(.code(0)), "\(exec.arguments)")
        return read(running.takeOutput())
    }

    private func read(_ owned: consuming OwnedDescriptor?) -> String {
        guard let owned else { return "" }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(owned.number, &part, part.count), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Waits until a container has printed a line.
    func wait(for line: String, from request: LaunchRequest) async throws {
        for _ in 0..<12_000 {
            let lines = try? output(request).split(separator: "\n")
            if lines?.contains(Substring(line)) == true { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it never printed \(line), but \(try output(request))")
    }
}
