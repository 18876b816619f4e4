import ArgumentParser
import Glibc

/// The command line. Everything but `serve` talks to a running daemon.
@main
struct Berth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "berth",
        abstract: "Runs container tasks on this machine the way AWS Fargate would, and bills them exactly.",
        discussion: """
            The daemon is `berth serve`; the other commands speak to it through the unix socket in its root directory
            (--root, BERTH_ROOT or /var/lib/berth), or over HTTP when BERTH_ENDPOINT is set.

            EXAMPLES
              berth serve --root /srv/berth --listen 127.0.0.1:8466
              berth image import busybox.tar --tag busybox
              berth run busybox -- echo hello
              berth bill
            """,
        version: version,
        subcommands: [
            Serve.self, Run.self, Exec.self, ListTasks.self, Logs.self, Stop.self, Image.self, Network.self, Bill.self,
        ])

    /// Rises with every release.
    static let version = "0.1.0"

    /// On the main actor, so that there is no second thread yet when the daemon confines itself.
    @MainActor static func main() async {
        if SessionManagerPlugin.isCalled(by: CommandLine.arguments) {
            do { return try await SessionManagerPlugin.run(Array(CommandLine.arguments.dropFirst())) } catch {
                fail(error)
            }
        }
        var command: any ParsableCommand
        do { command = try parseAsRoot() } catch { exit(withError: error) }
        if command is Serve {
            do { try Daemon.confine() } catch { fail(error) }
        }
        guard var ours = command as? any AsyncParsableCommand else {
            // The parser's own, such as help: what it says is no failure.
            do { try command.run() } catch { exit(withError: error) }
            return
        }
        do { try await ours.run() } catch { fail(error) }
    }

    /// Says what went wrong on standard error, and ends with the exit code that belongs to it.
    private static func fail(_ error: any Error) -> Never {
        switch error {
        case is ExitCode, is CleanExit, is ValidationError: exit(withError: error)
        default:
            let failure = CommandFailure(error)
            StandardError.write("berth: \(failure.description)\n")
            Glibc.exit(failure.exitCode)
        }
    }
}
