import BerthOCI
import Testing

@Suite("Filters of a config.json")
struct SeccompDocumentTests {
    private func read(_ seccomp: JSONValue) throws(SpecError) -> RuntimeSeccomp? {
        try RuntimeConfiguration(RuntimeDocuments.with("linux.seccomp", seccomp)).linux.seccomp
    }

    @Test("every action, comparison and flag of the specification but notification is read")
    func words() throws {
        let rules: [JSONValue] = RuntimeSeccomp.Action.words.map { ["names": ["read"], "action": .string($0)] }
        let comparisons: [JSONValue] = RuntimeSeccomp.Test.Comparison.allCases.map {
            ["index": 5, "value": .number(UInt64.max), "valueTwo": 1, "op": .string($0.rawValue)]
        }
        let last: JSONValue = [
            "names": ["write"], "action": "SCMP_ACT_TRACE", "errnoRet": 7, "args": .array(comparisons),
        ]
        let filter = try read([
            "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
            "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], "syscalls": .array(rules + [last]),
        ])
        #expect(filter?.defaultAction == .fail(errno: 38))
        #expect(filter?.flags.reduce(0) { $0 | $1.bit } == 6)
        #expect(filter?.rules.last?.action == .trace(7))
        #expect(filter?.rules.last?.tests.first?.value == .max)
        #expect(filter?.rules.first { $0.action == .fail(errno: 1) } != nil, "EPERM is what nothing says")
    }

    @Test("an errno beside an action that has none is refused")
    func errno() {
        #expect(throws: SpecError.self) {
            try read(["defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1])
        }
    }

    @Test("an argument that no call has, and a rule without a name, are refused")
    func arguments() {
        let rule: JSONValue = ["names": [], "action": "SCMP_ACT_ALLOW"]
        #expect(throws: SpecError.self) { try read(["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]]) }
        let test: JSONValue = [
            "names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [["index": 6, "value": 0, "op": "SCMP_CMP_EQ"]],
        ]
        #expect(throws: SpecError.self) { try read(["defaultAction": "SCMP_ACT_ALLOW", "syscalls": [test]]) }
    }
}
