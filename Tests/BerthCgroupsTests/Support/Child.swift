import BerthCgroups
import Glibc
import Testing

/// A shell that joins a container's cgroups as a launched task does, then runs a script; ended with its value.
struct Child: ~Copyable {
    let pid: pid_t

    /// - Parameter script: for sh(1). The shell exits with 99 when it cannot join.
    init(_ script: String, in node: TaskCgroup.Node) throws {
        let join = #"while [ "$1" != -- ]; do echo 0 >"$1" || exit 99; shift; done; "#
        let arguments =
            ["sh", "-c", join + script, "sh"] + node.joins + [node.lifecycle + "/cgroup.procs", "--"]
        var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let error = posix_spawn(&pid, "/bin/sh", nil, nil, &pointers, environ)
        guard error == 0 else { throw SpawnFailed(errno: error) }
        self.pid = pid
    }

    struct SpawnFailed: Error { var errno: Int32 }

    deinit {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// Waits for its end: the exit code, or minus the signal; and the CPU time that it used, to the end.
    consuming func end() -> (status: Int32, cpuUsec: UInt64) {
        var end = siginfo_t()
        _ = waitid(P_PID, id_t(pid), &end, WEXITED | WNOWAIT)
        do { try Workbench.waitUntilOffCPU(String(pid)) } catch { Issue.record(error) }
        var status: Int32 = 0
        var used = rusage()
        _ = wait4(pid, &status, 0, &used)
        discard self
        let microseconds = [used.ru_utime, used.ru_stime].reduce(0) {
            $0 + UInt64($1.tv_sec) * 1_000_000 + UInt64($1.tv_usec)
        }
        return (status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f), microseconds)
    }
}
