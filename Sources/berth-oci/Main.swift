import BerthRuntime
import Glibc

// All else is a library, so that tests can reach it: what links a static program cannot link their bundle.
@main
enum Main {
    static func main() { exit(Tool.run(Array(CommandLine.arguments.dropFirst()))) }
}
