import BerthModel
import Glibc
import UnixSignals

/// Turns the first SIGINT or SIGTERM of this process into StopTask; the second ends the process.
struct StopOnSignal {
    private let watch: Task<Void, Never>

    /// From its return on neither SIGINT nor SIGTERM ends the process by itself.
    init(task: ECSTask, client: Client) async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        watch = Task {
            var asked = false
            for await signal in signals {
                if asked {
                    StandardError.write("berth: leaving task \(task.id) to the daemon\n")
                    exit(128 + signal.rawValue)
                }
                asked = true
                do {
                    let _: StopTaskReply = try await client.ecs(
                        "StopTask", StopTaskRequest(task, reason: "Stopped by \(signal) of berth run"))
                } catch {
                    StandardError.write("berth: cannot stop task \(task.id): \(error)\n")
                }
            }
        }
    }

    func cancel() { watch.cancel() }
}
