import BerthLinux
import CSeccomp
import Glibc
import SystemPackage

extension CustomSeccompPolicy {
    /// The filter, as libseccomp makes it: a balanced tree. 10 ms for Docker's policy and three architectures, so callers
    /// that start often keep it.
    public func compile() throws(SeccompError) -> SeccompProgram {
        guard let filter = seccomp_init(defaultAction.code) else { throw .refused("the default action", errno: EINVAL) }
        defer { seccomp_release(filter) }
        // no_new_privs is the process's own business.
        _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0)
        _ = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        for name in architectures {
            let token = seccomp_arch_resolve_name(name)
            if token == 0 { throw .refused("architecture \(name)", errno: EINVAL) }
            let error = -seccomp_arch_add(filter, token)
            if error != 0 && error != EEXIST { throw .refused("architecture \(name)", errno: error) }
        }
        for rule in rules {
            // A rule that says what happens anyway is refused by libseccomp, and changes nothing.
            if rule.action == defaultAction { continue }
            for name in rule.names { try add(rule, name, to: filter) }
        }
        return try export(filter)
    }

    private func add(_ rule: Rule, _ name: String, to filter: scmp_filter_ctx) throws(SeccompError) {
        let number = seccomp_syscall_resolve_name(name)
        if number == -1 { return }
        for tests in alternatives(rule.tests) {
            let arguments = tests.map { test in
                scmp_arg_cmp(
                    arg: test.index, op: scmp_compare(test.comparison.rawValue), datum_a: test.value,
                    datum_b: test.second)
            }
            let error = -seccomp_rule_add_array(filter, rule.action.code, number, UInt32(arguments.count), arguments)
            // EEXIST: an earlier rule says the same.
            if error != 0 && error != EEXIST { throw .refused("the rule for \(name)", errno: error) }
        }
    }

    /// libseccomp takes one test for each argument in a rule. Several of one argument are rules of their own each, as runc
    /// reads them.
    private func alternatives(_ tests: [Test]) -> [[Test]] {
        Set(tests.map(\.index)).count == tests.count ? [tests] : tests.map { [$0] }
    }

    private func export(_ filter: scmp_filter_ctx) throws(SeccompError) -> SeccompProgram {
        var program: SeccompProgram?
        do throws(LinuxError) {
            let file = try AnonymousFile.make(name: "seccomp")
            let error = -seccomp_export_bpf(filter, file.number)
            if error != 0 { throw LinuxError("export", "filter", errno: Errno(rawValue: error)) }
            program = SeccompProgram(instructions: try SmallFile.readBytes("/proc/self/fd/\(file.number)"))
        } catch {
            throw .refused("the whole policy", errno: error.errno.rawValue)
        }
        guard let program else { throw .refused("the whole policy", errno: EINVAL) }
        if program.count > SeccompProgram.limit { throw .tooLong(instructions: program.count) }
        return program
    }
}

extension CustomSeccompPolicy {
    /// Whether filters can be compiled for an architecture, by libseccomp's name.
    public static func isKnown(architecture name: String) -> Bool { seccomp_arch_resolve_name(name) != 0 }

    /// Of libseccomp: `2.5.4`.
    public static var libraryVersion: String {
        guard let version = seccomp_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.micro)"
    }
}

extension CustomSeccompPolicy.Action {
    /// SECCOMP_RET_ of linux/seccomp.h, which libseccomp's actions are.
    fileprivate var code: UInt32 {
        switch self {
        case .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .fail(let errno): 0x0005_0000 | UInt32(errno)
        case .trace(let message): 0x7ff0_0000 | UInt32(message)
        case .log: 0x7ffc_0000
        case .allow: 0x7fff_0000
        }
    }
}
