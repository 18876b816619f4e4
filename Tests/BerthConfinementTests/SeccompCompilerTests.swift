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

    @Test("refuses a test of an argument that no call has")
    func noSuchArgument() {
        let policy = SeccompPolicy(
            defaultAction: .allow,
            rules: [SeccompRule(.killProcess, ["read"], where: [ArgumentTest(6, mask: 1, equals: 1)])])
        #expect(throws: SeccompError.noSuchArgument(syscall: "read", index: 6)) {
            try SeccompCompiler().program(for: policy, capabilities: [])
        }
    }

    @Test("applies a rule when all its tests pass, on both halves of every argument")
    func manyTests() throws {
        let tests = (0..<6 as Range<UInt32>).map { ArgumentTest($0, mask: .max, equals: 0x1_0000_0002) }
        let policy = SeccompPolicy(defaultAction: .allow, rules: [SeccompRule(.killProcess, ["read"], where: tests)])
        let filter = BPFInterpreter(try SeccompCompiler().program(for: policy, capabilities: []))
        var call = SystemCall("read")
        call.arguments = [UInt64](repeating: 0x1_0000_0002, count: 6)
        #expect(try filter.action(call) == .killProcess)
        for index in 0..<6 {
            for wrong in [0x1_0000_0003, 0x2_0000_0002, 0] as [UInt64] {
                var other = call
                other.arguments[index] = wrong
                #expect(try filter.action(other) == .allow)
            }
        }
    }

    @Test("lets the first rule whose tests pass decide, and reads none behind one without tests")
    func order() throws {
        let rules = [
            SeccompRule(.fail(errno: 1), ["read"], where: [.int(0, equals: 1)]),
            SeccompRule(.fail(errno: 2), ["read"], where: [ArgumentTest(0, mask: 1, equals: 1)]),
            SeccompRule(.fail(errno: 3), ["read"]),
            SeccompRule(.killProcess, ["read"]),
        ]
        let policy = SeccompPolicy(defaultAction: .allow, rules: rules)
        let filter = BPFInterpreter(try SeccompCompiler().program(for: policy, capabilities: []))
        for (argument, errno) in [(1, 1), (3, 2), (2, 3)] as [(UInt64, UInt16)] {
            #expect(try filter.action(SystemCall("read", argument)) == .fail(errno: errno))
        }
    }

    @Test("finds its way in a tree too large for short jumps")
    func longJumps() throws {
        // 40 alternatives a call are 161 instructions.
        let names = ["read", "close", "poll", "mmap", "brk"]
        let rules = names.flatMap { name in
            (0..<40 as Range<UInt32>).map {
                SeccompRule(.fail(errno: UInt16($0)), [name], where: [.int(0, equals: $0)])
            }
        }
        let policy = SeccompPolicy(defaultAction: .allow, rules: rules)
        let filter = BPFInterpreter(try SeccompCompiler().program(for: policy, capabilities: []))
        for name in names {
            #expect(try filter.action(SystemCall(name, 39)) == .fail(errno: 39))
            #expect(try filter.action(SystemCall(name, 40)) == .allow)
        }
        for name in ["write", "open", "stat", "lseek", "mprotect"] {
            #expect(try filter.action(SystemCall(name, 39)) == .allow)
        }
    }

    @Test("refuses a policy that makes more instructions than the kernel takes")
    func tooLong() {
        let rules = (0..<1100 as Range<UInt32>).map {
            SeccompRule(.fail(errno: 1), ["read"], where: [.int(0, equals: $0)])
        }
        let error = #expect(throws: SeccompError.self) {
            try SeccompCompiler().program(for: SeccompPolicy(defaultAction: .allow, rules: rules), capabilities: [])
        }
        guard case .tooLong(let count) = error else {
            Issue.record("not too long: \(String(describing: error))")
            return
        }
        #expect(count > SeccompProgram.limit)
    }
}
