import BerthLinux
import BerthOCI
import CLinux
import Glibc
import SystemPackage

/// Hooks that run where the runtime runs.
enum Hooks {
    /// Runs a step's hooks in order; each gets the state on its standard input. The first that fails ends it.
    static func run(_ step: RuntimeHooks.Step, of bundle: Bundle, _ state: RuntimeState) throws(Failure) {
        for hook in bundle.configuration.hooks[step] {
            do throws(Failure) {
                try run(hook, state.document.text())
            } catch {
                throw Failure("\(step.rawValue) hook \(hook.path): \(error)")
            }
        }
    }

    /// The same, but every hook runs whatever becomes of the others (runtime.md, "Lifecycle").
    static func runAll(_ step: RuntimeHooks.Step, of bundle: Bundle, _ state: RuntimeState, log: Log) {
        for hook in bundle.configuration.hooks[step] {
            do throws(Failure) {
                try run(hook, state.document.text())
            } catch {
                log.warning("\(step.rawValue) hook \(hook.path): \(error)")
            }
        }
    }

    private static func run(_ hook: RuntimeHook, _ state: String) throws(Failure) {
        let input = try BerthRuntime.step { () throws(LinuxError) in
            let file = try AnonymousFile.make(name: "state")
            try file.writeAll(Array(state.utf8), subject: "state")
            lseek(file.number, 0, SEEK_SET)
            return file
        }
        let process = try BerthRuntime.step { () throws(LinuxError) in try spawn(hook, input) }
        try wait(process, seconds: hook.timeout)
    }

    private static func spawn(_ hook: RuntimeHook, _ input: borrowing OwnedDescriptor) throws(LinuxError) -> pid_t {
        var actions = try SpawnActions()
        try actions.copy(input.number, to: 0)
        try actions.close(from: 3)
        var argv: [UnsafeMutablePointer<CChar>?] = hook.arguments.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = hook.environment.map { strdup($0) } + [nil]
        defer { for text in argv + environment { free(text) } }
        // A command that stays has its signals blocked, and a hook would be born so.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let error = posix_spawn(&process, hook.path, &actions.raw, &attributes, &argv, &environment)
        guard error == 0 else { throw LinuxError("start", hook.path, errno: Errno(rawValue: error)) }
        return process
    }

    private static func wait(_ process: pid_t, seconds: Int?) throws(Failure) {
        var isLate = false
        do throws(LinuxError) {
            if let seconds { isLate = try !ends(process, within: seconds) }
            if isLate { Glibc.kill(process, SIGKILL) }
        } catch {
            // Without a way to see its time run out it gets none.
            Glibc.kill(process, SIGKILL)
            waitpid(process, nil, 0)
            throw Failure(error.description)
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        if isLate, let seconds { throw Failure("took longer than its \(seconds) s and was killed") }
        let signal = status & 0x7f
        if signal != 0 { throw Failure("ended by signal \(signal)") }
        if status != 0 { throw Failure("ended with exit code \(status >> 8 & 0xff)") }
    }
    /// A signal that comes meanwhile takes nothing of the time and adds nothing to it.
    private static func ends(_ process: pid_t, within seconds: Int) throws(LinuxError) -> Bool {
        let descriptor = OwnedDescriptor(
            owning: try check("watch", "process \(process)") { berth_pidfd_open(process, 0) })
        let end = milliseconds() + seconds * 1000
        while true {
            let left = max(end - milliseconds(), 0)
            var ended = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            let ready = poll(&ended, 1, Int32(clamping: left))
            if ready > 0 { return true }
            if ready == 0 && left == 0 { return false }
            if ready < 0 && errno != EINTR { throw LinuxError("wait for", "process \(process)", errno: .current) }
        }
    }
    private static func milliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}
