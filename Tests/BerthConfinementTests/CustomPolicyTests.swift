import Glibc
import Testing

@testable import BerthConfinement

@Suite("A policy that others wrote")
struct CustomPolicyTests {
    private typealias Policy = CustomSeccompPolicy

    private func filter(
        _ rules: [CustomSeccompPolicy.Rule], otherwise: CustomSeccompPolicy.Action = .fail(errno: 1),
        for architectures: [String] = []
    ) throws -> BPFInterpreter {
        BPFInterpreter(
            try Policy(defaultAction: otherwise, architectures: architectures, rules: rules).compile())
    }

    @Test("does with each call what it says, and with all others its default")
    func actions() throws {
        let filter = try filter([
            Policy.Rule(.allow, ["read", "write"]), Policy.Rule(.fail(errno: 38), ["clone3"]),
            Policy.Rule(.killProcess, ["ptrace"]),
        ])
        #expect(try filter.action(SystemCall("read")) == .allow)
        #expect(try filter.action(SystemCall("write")) == .allow)
        #expect(try filter.action(SystemCall("clone3")) == .fail(errno: 38))
        #expect(try filter.action(SystemCall("ptrace")) == .killProcess)
        #expect(try filter.action(SystemCall("mount")) == .fail(errno: 1))
    }

    @Test(
        "tests an argument in all its 64 bits",
        arguments: [
            (.equal, 5, [5], [4, 6, 5 + 1 << 32]), (.notEqual, 5, [4, 1 << 40], [5]),
            (.less, 5, [0, 4], [5, 1 << 33]), (.lessOrEqual, 5, [5], [6, 1 << 33]),
            (.greater, 1 << 32, [1 << 32 + 1], [7, 1 << 32]), (.greaterOrEqual, 1 << 32, [1 << 32], [.max >> 40]),
        ] as [(CustomSeccompPolicy.Comparison, UInt64, [UInt64], [UInt64])])
    func comparisons(
        comparison: CustomSeccompPolicy.Comparison, value: UInt64, passes: [UInt64], fails: [UInt64]
    ) throws {
        let filter = try filter([Policy.Rule(.allow, ["personality"], where: [Policy.Test(0, comparison, value)])])
        for argument in passes { #expect(try filter.action(SystemCall("personality", argument)) == .allow) }
        for argument in fails { #expect(try filter.action(SystemCall("personality", argument)) == .fail(errno: 1)) }
    }

    @Test("compares what a mask leaves of an argument")
    func mask() throws {
        let namespaces: UInt64 = 0x7e02_0000
        let filter = try filter([Policy.Rule(.allow, ["clone"], where: [Policy.Test(0, .maskedEqual, namespaces, 0)])])
        #expect(try filter.action(SystemCall("clone", 17)) == .allow)
        #expect(try filter.action(SystemCall("clone", 0x1000_0011)) == .fail(errno: 1))
    }

    @Test("wants all tests of different arguments passed, and one of several of the same")
    func severalTests() throws {
        let both = try filter([
            Policy.Rule(.allow, ["socket"], where: [Policy.Test(0, .equal, 1), Policy.Test(1, .equal, 2)])
        ])
        #expect(try both.action(SystemCall("socket", 1, 2)) == .allow)
        #expect(try both.action(SystemCall("socket", 1, 3)) == .fail(errno: 1))
        let either = try filter([
            Policy.Rule(.allow, ["personality"], where: [Policy.Test(0, .equal, 0), Policy.Test(0, .equal, 8)])
        ])
        #expect(try either.action(SystemCall("personality", 0)) == .allow)
        #expect(try either.action(SystemCall("personality", 8)) == .allow)
        #expect(try either.action(SystemCall("personality", 4)) == .fail(errno: 1))
    }

    @Test("lets no call of another architecture through unless it names that")
    func architectures() throws {
        let rules = [Policy.Rule(.allow, ["getpid"])]
        let call = SystemCall(number: 20, architecture: SystemCall.i386)
        // libseccomp ends the thread then, which Berth's own policies never do: the interpreter has no word for it.
        #expect(throws: BPFInterpreter.Fault.self) { try filter(rules).action(call) }
        #expect(try filter(rules, for: ["x86"]).action(call) == .allow)
        // Those that libseccomp has already are no error.
        #expect(try filter(rules, for: ["x86_64", "x86", "x86"]).action(SystemCall("getpid")) == .allow)
    }

    @Test("may repeat itself, say what its default says, and name calls that nobody knows")
    func harmless() throws {
        let filter = try filter([
            Policy.Rule(.allow, ["read", "no_such_call"]), Policy.Rule(.allow, ["read"]),
            Policy.Rule(.fail(errno: 1), ["mount"]),
        ])
        #expect(try filter.action(SystemCall("read")) == .allow)
        #expect(try filter.action(SystemCall("mount")) == .fail(errno: 1))
    }

    @Test("is refused by the name of the part that libseccomp does not take")
    func refused() {
        #expect(throws: SeccompError.refused("architecture vax", errno: EINVAL)) {
            try Policy(defaultAction: .allow, architectures: ["vax"], rules: []).compile()
        }
        #expect(throws: SeccompError.refused("the rule for read", errno: EINVAL)) {
            let rule = Policy.Rule(.killProcess, ["read"], where: [Policy.Test(6, .equal, 0)])
            return try Policy(defaultAction: .allow, rules: [rule]).compile()
        }
    }
}
