import Glibc
import Testing

@testable import BerthConfinement

@Suite("The seccomp compiler")
struct SeccompCompilerTests {
    @Test("gives the same program for the same policy, from memory or compiled again")
    func deterministic() throws {
        let compiler = SeccompCompiler()
        let first = try compiler.program(capabilities: .standard)
        #expect(try compiler.program(capabilities: .standard) == first)
        #expect(try SeccompCompiler().program(capabilities: .standard) == first)
    }

    @Test("makes one program for capabilities that the policy does not ask for")
    func indifferentCapabilities() throws {
        let compiler = SeccompCompiler()
        let plain = try compiler.program(capabilities: [])
        #expect(try compiler.program(capabilities: [.chown, .netRaw]) == plain)
        #expect(try compiler.program(capabilities: [.sysAdmin]) != plain)
    }

    @Test("tells policies of one size apart")
    func similarPolicies() throws {
        let compiler = SeccompCompiler()
        let first = SeccompPolicy(defaultAction: .allow, rules: [SeccompRule(.killProcess, ["mount"])])
        let second = SeccompPolicy(defaultAction: .allow, rules: [SeccompRule(.killProcess, ["setns"])])
        let programs = try [first, second].map { BPFInterpreter(try compiler.program(for: $0, capabilities: [])) }
        #expect(try programs[0].action(SystemCall("mount")) == .killProcess)
        #expect(try programs[1].action(SystemCall("mount")) == .allow)
    }

    @Test("names a call that does not exist")
    func unknownCall() {
        let policy = SeccompPolicy(defaultAction: .allow, rules: [SeccompRule(.killProcess, ["read", "raed"])])
        #expect(throws: SeccompError.unknownSyscall(name: "raed")) {
            try SeccompCompiler().program(for: policy, capabilities: [])
        }
    }

    @Test("skips a call that only another architecture has")
    func foreignCall() throws {
        let policy = SeccompPolicy(defaultAction: .allow, rules: [SeccompRule(.killProcess, ["chown32", "chown"])])
        let filter = BPFInterpreter(try SeccompCompiler().program(for: policy, capabilities: []))
        #expect(try filter.action(SystemCall("chown")) == .killProcess)
    }

    @Test("passes libseccomp's refusal on with the call's name")
    func refusedRule() {
        let policy = SeccompPolicy(
            defaultAction: .allow,
            rules: [SeccompRule(.killProcess, ["read"], where: [ArgumentTest(9, mask: 1, equals: 1)])])
        #expect(throws: SeccompError.rule(syscall: "read", errno: .invalidArgument)) {
            try SeccompCompiler().program(for: policy, capabilities: [])
        }
    }

    @Test(
        "cuts a range of values into blocks that cover it once",
        arguments: [
            0...0, 0...37, 39...39, 41...47, 5...100, 0xffff_fffe...0xffff_ffff, 0...0xffff_ffff,
        ] as [ClosedRange<UInt32>])
    func ranges(range: ClosedRange<UInt32>) {
        let tests = ArgumentTest.int(0, in: range)
        for value in [0, 1, 4, 5, 36, 37, 38, 39, 40, 41, 44, 47, 48, 100, 101, 0xffff_fffd, 0xffff_fffe, 0xffff_ffff]
            as [UInt32]
        {
            let passing = tests.filter { UInt64(value) & $0.mask == $0.value }.count
            #expect(passing == (range.contains(value) ? 1 : 0), "\(value)")
        }
    }
}
