import Glibc
import Testing

@testable import BerthConfinement

@Suite("The filter that the daemon, the shim and every task stand under")
struct HousePolicyTests {
    private let house: BPFInterpreter
    private let compiler = SeccompCompiler()

    init() throws {
        house = BPFInterpreter(try compiler.program(for: .house, capabilities: .all))
    }

    @Test(
        "refuses what nobody in the house does",
        arguments: [
            "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot", "swapon",
            "swapoff",
            "acct", "iopl", "ioperm", "settimeofday", "clock_settime", "syslog", "quotactl", "open_by_handle_at",
            "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "perf_event_open", "add_key",
            "request_key", "fanotify_init", "lookup_dcookie",
        ])
    func refuses(name: String) throws {
        #expect(try house.action(SystemCall(name)) == .fail(errno: UInt16(EPERM)))
    }

    @Test(
        "lets daemon and shim do their work",
        arguments: [
            "clone3", "unshare", "setns", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig",
            "fsmount",
            "mount_setattr", "pivot_root", "openat2", "pidfd_open", "pidfd_send_signal", "seccomp", "capset", "prctl",
            "keyctl", "bpf", "execve", "execveat", "memfd_create", "renameat2", "syncfs", "sethostname", "ptrace",
        ])
    func lets(name: String) throws {
        #expect(try house.action(SystemCall(name)) == .allow)
    }

    @Test("takes nothing from a task that its own filter gives, numbers of the future included")
    func takesNothing() throws {
        let widest = CapabilitySet.standard.union([.sysPtrace])
        let task = BPFInterpreter(try compiler.program(capabilities: widest))
        for number in UInt32(0)..<1024 where try task.action(SystemCall(number: number)) == .allow {
            #expect(try house.action(SystemCall(number: number)) == .allow, "call \(number)")
        }
        #expect(try house.action(SystemCall(number: 1023)) == .allow)
    }

    @Test("opens sockets of every family but two", arguments: [1, 2, 10, 16, 17, 38, 40] as [UInt64])
    func sockets(family: UInt64) throws {
        let isRefused = family == 38 || family == 40
        let high = family | 1 << 32
        for family in [family, high] {
            let action = try house.action(SystemCall("socket", family))
            #expect(action == (isRefused ? .fail(errno: UInt16(EPERM)) : .allow))
        }
    }

    @Test("has no way around it by x32 numbers or another architecture")
    func noWayAround() throws {
        for number: UInt32 in [0x4000_0000, 0x4000_0000 | 246, 0x7fff_ffff] {
            #expect(try house.action(SystemCall(number: number)) == .fail(errno: UInt16(ENOSYS)))
        }
        let foreign = FilterTree.nativeArchitecture == SystemCall.amd64 ? SystemCall.i386 : SystemCall.amd64
        #expect(try house.action(SystemCall(number: 3, architecture: foreign)) == .killProcess)
    }

    @Test("is short: it is inherited by every task")
    func short() throws {
        #expect(try compiler.program(for: .house, capabilities: .all).count < 160)
    }
}

@Suite("The daemon's capabilities")
struct DaemonCapabilityTests {
    @Test("a shim can give a task all of the standard set, and has what the daemon has")
    func shimHasAll() {
        #expect(CapabilitySet.shim.isSuperset(of: .standard))
        #expect(CapabilitySet.shim.isSuperset(of: .daemon))
    }

    @Test("nobody in the house can load modules, touch ports, set the clock, restart the machine or trace its kernel")
    func never() {
        let never: CapabilitySet = [
            .sysModule, .sysRawio, .sysTime, .sysBoot, .sysPacct, .syslog, .macAdmin, .macOverride, .auditControl,
            .perfmon, .bpf, .linuxImmutable, .dacReadSearch, .wakeAlarm, .blockSuspend, .checkpointRestore,
        ]
        #expect(CapabilitySet.shim.isDisjoint(with: never))
    }
}
