import BerthLinux
import CLinux
import Glibc
import Testing

@testable import BerthLaunch

@Suite("A reaper", .serialized)
struct ReaperTests {
    @Test("leaves no zombie, whether it can watch a process or not", arguments: [true, false])
    func reaps(watches: Bool) async throws {
        let reaper = Reaper(poller: try Poller(name: "test")) { watches ? berth_pidfd_open($0, 0) : -1 }
        let first = try Spawn.run("/bin/true", arguments: ["true"], descriptors: [])
        reaper.reap(first)
        let second = try Spawn.run("/bin/sleep", arguments: ["sleep", "600"], descriptors: [])
        defer { kill(second, SIGKILL) }
        while isChild(first) {
            if !watches { reaper.reap(second) }
            try await Task.sleep(for: .milliseconds(1))
        }
        #expect(kill(second, 0) == 0)
    }

    /// Whether it lives, or is a zombie of ours.
    private func isChild(_ process: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT) == 0
    }
}
