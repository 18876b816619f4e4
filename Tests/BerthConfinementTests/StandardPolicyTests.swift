import Glibc
import Testing

@testable import BerthConfinement

@Suite("The standard seccomp policy, compiled")
struct StandardPolicyTests {
    static let refused = SeccompAction.fail(errno: UInt16(EPERM))
    static let missing = SeccompAction.fail(errno: UInt16(ENOSYS))
    let compiler = SeccompCompiler()

    func filter(_ capabilities: CapabilitySet = .standard) throws -> BPFInterpreter {
        BPFInterpreter(try compiler.program(capabilities: capabilities))
    }

    @Test(
        "lets ordinary calls through",
        arguments: [
            "read", "write", "openat", "mmap", "execve", "exit_group", "wait4", "futex", "epoll_wait", "rseq", "prctl",
            "statx",
            "faccessat2", "sendfile", "mknod", "chroot", "ptrace", "arch_prctl", "seccomp", "landlock_restrict_self",
        ])
    func allows(name: String) throws {
        #expect(try filter().action(SystemCall(name)) == .allow)
    }

    @Test(
        "lets calls through that libseccomp of Debian 12 has no name for",
        arguments: [
            "uretprobe", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake", "futex_wait", "futex_requeue",
            "statmount",
            "listmount", "mseal", "setxattrat", "getxattrat", "listxattrat", "removexattrat",
        ])
    func allowsNew(name: String) throws {
        #expect(try filter().action(SystemCall(name)) == .allow)
    }

    @Test(
        "refuses calls that reach past a container",
        arguments: [
            "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key", "userfaultfd",
            "bpf",
            "perf_event_open", "mount", "umount2", "fsopen", "move_mount", "open_tree", "mount_setattr", "setns",
            "unshare",
            "pivot_root", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
            "swapon",
            "open_by_handle_at", "settimeofday", "clock_settime", "sethostname", "syslog", "quotactl", "acct", "iopl",
            "ioperm",
            "kcmp", "pidfd_getfd", "lookup_dcookie", "lsm_list_modules", "get_mempolicy", "vhangup", "nfsservctl",
            "move_pages",
        ])
    func refuses(name: String) throws {
        #expect(try filter().action(SystemCall(name)) == Self.refused)
    }

    @Test(
        "opens sockets of every family but the kernel's crypto and the hypervisor's",
        arguments: [
            (0, true), (1, true), (2, true), (10, true), (16, true), (17, true), (37, true), (38, false), (39, true),
            (40, false), (41, true), (44, true), (45, true), (48, true), (0xffff_ffff, true),
        ] as [(UInt64, Bool)])
    func sockets(family: UInt64, allowed: Bool) throws {
        #expect(try filter().action(SystemCall("socket", family, 1, 0)) == (allowed ? .allow : Self.refused))
    }

    @Test("reads a socket's family as the kernel does: 32 bits of the register", arguments: [38, 40] as [UInt64])
    func socketFamilyWithHighBits(family: UInt64) throws {
        for high in [1 << 32, 1 << 63, 0xffff_ffff << 32] as [UInt64] {
            #expect(try filter().action(SystemCall("socket", family | high, 5, 0)) == Self.refused)
        }
        #expect(try filter().action(SystemCall("socket", 2 | 1 << 32, 1, 0)) == .allow)
    }

    @Test("refuses clone with any namespace flag", arguments: [17, 25, 26, 27, 28, 29, 30] as [UInt64])
    func cloneWithNamespace(bit: UInt64) throws {
        #expect(try filter().action(SystemCall("clone", 17 | 1 << bit)) == Self.refused)
        #expect(try filter([.sysAdmin]).action(SystemCall("clone", 17 | 1 << bit)) == .allow)
    }

    @Test("lets a C library fork and make threads")
    func cloneWithoutNamespace() throws {
        // What glibc passes for fork and for pthread_create.
        for flags in [0x0120_0011, 0x003d_0f00] as [UInt64] {
            #expect(try filter().action(SystemCall("clone", flags)) == .allow)
        }
        #expect(try filter().action(SystemCall("clone3")) == Self.missing)
        #expect(try filter([.sysAdmin]).action(SystemCall("clone3")) == .allow)
    }

    @Test("knows five personalities", arguments: [0, 0x8, 0x20000, 0x20008, 0xffff_ffff] as [UInt64])
    func personalities(persona: UInt64) throws {
        #expect(try filter().action(SystemCall("personality", persona)) == .allow)
        let withoutRandomization = persona ^ 0x0040_0000
        #expect(try filter().action(SystemCall("personality", withoutRandomization)) == Self.refused)
    }

    @Test("says ENOSYS of calls newer than itself", arguments: [467, 470, 1000, 0x3fff_ffff, 0xffff_ffff] as [UInt32])
    func newerCalls(number: UInt32) throws {
        #expect(try filter().action(SystemCall(number: number)) == Self.missing)
    }

    @Test("says ENOSYS of the x32 flavour of every call", arguments: [0, 1, 39, 59, 520, 547] as [UInt32])
    func x32(number: UInt32) throws {
        #expect(try filter().action(SystemCall(number: number | 0x4000_0000)) == Self.missing)
    }

    @Test(
        "kills a program that makes another architecture's calls",
        arguments: [0, 1, 102, 1000, 0x4000_0001] as [UInt32])
    func foreign(number: UInt32) throws {
        let others = [SystemCall.i386, SystemCall.amd64, SystemCall.aarch64].filter {
            $0 != FilterTree.nativeArchitecture
        }
        for architecture in others {
            #expect(try filter().action(SystemCall(number: number, architecture: architecture)) == .killProcess)
        }
    }

    @Test(
        "gives with a capability the calls that need it",
        arguments: [
            (.sysAdmin, "mount"), (.sysAdmin, "unshare"), (.sysAdmin, "bpf"), (.bpf, "bpf"),
            (.perfmon, "perf_event_open"),
            (.dacReadSearch, "open_by_handle_at"), (.sysBoot, "reboot"), (.sysModule, "finit_module"),
            (.sysNice, "mbind"),
            (.sysPacct, "acct"), (.sysPtrace, "pidfd_getfd"), (.sysRawio, "iopl"), (.sysTime, "settimeofday"),
            (.sysTTYConfig, "vhangup"), (.syslog, "syslog"), (.sysChroot, "chroot"),
        ] as [(Capability, String)])
    func capability(capability: Capability, name: String) throws {
        #expect(try filter([capability]).action(SystemCall(name)) == .allow)
        #expect(try filter([]).action(SystemCall(name)) == Self.refused)
    }

    @Test("answers each of 600 numbers as the policy reads, for several capability sets and arguments")
    func agreesWithPolicy() throws {
        let interesting: [UInt64] = [0, 1, 8, 17, 38, 39, 40, 41, 0x20008, 0x1000_0000, 0xffff_ffff, .max]
        for capabilities in [[], .standard, [.sysAdmin], [.sysPtrace, .syslog], .all] as [CapabilitySet] {
            let filter = try filter(capabilities)
            let policy = PolicyReading(.standard, capabilities)
            for number in 0..<600 as Range<UInt32> {
                for argument in interesting {
                    let call = SystemCall(number: number, arguments: [argument])
                    let (actual, expected) = (try filter.action(call), policy.action(call))
                    if actual != expected { Issue.record("number \(number), argument \(argument): \(actual)") }
                }
            }
        }
    }

    @Test("is a small tree: few instructions, few of them on the way to any answer")
    func isTree() throws {
        let filter = try filter()
        #expect(filter.instructions.count < 200)
        let longest = try (0..<600 as Range<UInt32>).map { try filter.run(SystemCall(number: $0)).steps }.max() ?? 0
        // As a list the last of 300 calls would take more than 300.
        #expect(longest <= 16)
    }
}

/// What a policy means, read rule by rule from its table: the slow second opinion on the compiled program.
private struct PolicyReading {
    private var rules: [UInt32: [SeccompRule]] = [:]
    private let defaultAction: SeccompAction
    private var newest: UInt32 = 0

    init(_ policy: SeccompPolicy, _ capabilities: CapabilitySet) {
        defaultAction = policy.defaultAction
        for rule in policy.rules {
            for name in rule.syscalls {
                guard case .number(let number) = SyscallNumbers.lookUp(name) else { continue }
                newest = max(newest, number)
                if rule.condition.holds(for: capabilities) { rules[number, default: []].append(rule) }
            }
        }
    }

    func action(_ call: SystemCall) -> SeccompAction {
        if call.number > newest { return .fail(errno: UInt16(ENOSYS)) }
        let matching = (rules[call.number] ?? []).first { rule in
            rule.arguments.allSatisfy { call.arguments[Int($0.index)] & $0.mask == $0.value }
        }
        return matching?.action ?? defaultAction
    }
}
