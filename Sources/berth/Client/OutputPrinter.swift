import BerthAPI
import BerthModel
import Foundation

/// Prints what a task prints, each stream on its own, and remembers how far it came.
struct OutputPrinter {
    private struct Source: Hashable {
        var container: String
        var stream: OutputLine.Stream
    }

    /// Bytes of each stream that were printed.
    private var printed: [Source: Int] = [:]
    /// Bytes of each stream in the reply that is read now: a new reply begins at the task's first byte again.
    private var read: [Source: Int] = [:]

    /// Prints a task's output until the daemon ends it, that is until all is read, or with `follow` until the task ended.
    mutating func print(task: String, follow: Bool, with client: Client) async throws {
        read = [:]
        let query = follow ? [("follow", "true")] : []
        for try await line in try await client.lines("tasks/\(Client.escape(task))/output", query: query) {
            try print(try WireJSON.decoder.decode(OutputLine.self, from: Data(line)))
        }
    }

    /// As ``print(task:follow:with:)`` with `follow`, also over a restart of the daemon: the task goes on meanwhile.
    mutating func printToTheEnd(task: String, with client: Client) async throws {
        let clock = ContinuousClock()
        var silentSince: ContinuousClock.Instant?
        while true {
            do {
                try await print(task: task, follow: true, with: client)
                return
            } catch let error where Self.isLostConnection(error) {
                let now = clock.now
                let since = silentSince ?? now
                guard now - since < Self.patience else {
                    throw CommandFailure(
                        "lost the daemon, and it did not come back; the task goes on: see \"berth logs -f \(task)\"")
                }
                silentSince = read.isEmpty ? since : nil
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// How long a daemon may take to come back: it is restarted by systemd, or by hand.
    private static let patience = Duration.seconds(60)

    private static func isLostConnection(_ error: any Error) -> Bool {
        !(error is ServiceError || error is CommandFailure || error is CancellationError || error is DecodingError)
    }

    private mutating func print(_ line: OutputLine) throws {
        let source = Source(container: line.container, stream: line.stream)
        let start = read[source, default: 0]
        let end = start + line.bytes.count
        read[source] = end
        let skipped = max(0, printed[source, default: 0] - start)
        guard skipped < line.bytes.count else { return }
        printed[source] = end
        switch line.stream {
        case .stdout: try StandardOutput.write(line.bytes.dropFirst(skipped))
        case .stderr: StandardError.write(line.bytes.dropFirst(skipped))
        }
    }
}
