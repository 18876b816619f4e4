import BerthLinux
import Glibc
import SystemPackage
import Testing

@testable import BerthCgroups

@Suite("A device policy")
struct DevicePolicyTests {
    /// Numbers that rules name, and some that they do not.
    private static let numbers: [UInt32] = [0, 1, 3, 5, 7, 0x8000_0000, .max]
    private static let accesses = (1...7).map { DeviceRule.Access(rawValue: $0) }

    /// Every access the kernel can ask about, over those numbers.
    private static func everyAccess(_ body: (BPFMachine.Context) throws -> Void) rethrows {
        for kind in [DeviceRule.Kind.block, .character] {
            for major in numbers {
                for minor in numbers {
                    for access in accesses {
                        try body(.init(kind: kind, access: access, major: major, minor: minor))
                    }
                }
            }
        }
    }

    /// A policy of a few rules, the same for a seed in every run.
    private static func policy(seed: UInt64) -> DevicePolicy {
        var state = seed
        func draw(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        func number() -> UInt32? { draw(3) == 0 ? nil : numbers[draw(4)] }
        return DevicePolicy(
            (0..<draw(9)).map { _ in
                DeviceRule(
                    allows: draw(5) < 3, [.all, .block, .character][draw(3)], number(), number(),
                    access: accesses[draw(7)])
            })
    }

    @Test("compiles to a program that says what its rules say, one after the other", arguments: 1...300)
    func program(seed: UInt64) throws {
        let policy = Self.policy(seed: seed)
        let program = try DeviceProgram(policy).instructions
        try Self.everyAccess { asked in
            let allowed = policy.access(asked.kind, major: asked.major, minor: asked.minor)
            let verdict = try BPFMachine.run(program, asked)
            if verdict != (allowed.isSuperset(of: asked.access) ? 1 : 0) {
                Issue.record("\(asked) is \(verdict) by \(policy.rules)")
            }
        }
    }

    @Test("is v1's list when one can say it, and an error that names the devices when none can", arguments: 1...300)
    func allowList(seed: UInt64) throws {
        let policy = Self.policy(seed: seed)
        let field = ResourceWriter.Field("devices", "")
        do {
            let changes = try DeviceAllowList(DeviceTable(policy), field).changes(from: "a *:* rwm\n")
            var model = LegacyDevices()
            for change in changes { model.write(change) }
            Self.everyAccess { asked in
                let allowed = policy.access(asked.kind, major: asked.major, minor: asked.minor)
                if model.allows(asked) != allowed.isSuperset(of: asked.access) {
                    Issue.record("\(asked) by \(policy.rules) as \(changes)")
                }
            }
        } catch {
            #expect("\(error)".contains("cgroup v1 cannot make an exception of"))
        }
    }

    @Test("of a container has the standard devices and makes no others")
    func standard() throws {
        let program = try DeviceProgram(.standard).instructions
        func allows(_ kind: DeviceRule.Kind, _ major: UInt32, _ minor: UInt32, _ access: String) throws -> Bool {
            let access = try #require(DeviceRule.Access(letters: access))
            return try BPFMachine.run(program, .init(kind: kind, access: access, major: major, minor: minor)) == 1
        }
        for (major, minor) in [(1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 2), (136, 0), (136, 77)] {
            #expect(try allows(.character, UInt32(major), UInt32(minor), "rwm"))
        }
        // mem, kmsg, console, loop-control, tun, fuse, kvm
        for (major, minor) in [(1, 1), (1, 11), (5, 1), (10, 237), (10, 200), (10, 229), (10, 232)] {
            for access in ["r", "w", "m"] {
                #expect(try !allows(.character, UInt32(major), UInt32(minor), access))
            }
        }
        #expect(try !allows(.block, 8, 0, "r"))
        #expect(try !allows(.block, 1, 3, "m"), "a block device of the same numbers is another")
    }

    @Test("leaves out rules that change nothing")
    func short() {
        let twice = DevicePolicy([
            DeviceRule(allows: false, .all, nil, nil), DeviceRule(allows: true, .character, 1, 3, access: [.read]),
            DeviceRule(allows: true, .character, 1, 3, access: [.write, .makeNode]),
            DeviceRule(allows: false, .block, 8, nil),
        ])
        #expect(
            DeviceTable(twice).entries == [
                .init(kind: .block, access: []), .init(kind: .character, major: 1, minor: 3, access: .everything),
                .init(kind: .character, access: []),
            ])
        #expect(DeviceTable(.unconfined).entries.map(\.access) == [.everything, .everything])
    }

    @Test("that is too long for a program is refused")
    func tooLong() {
        let rules = (0..<7000).map { DeviceRule(allows: true, .character, 1, $0) }
        let error = #expect(throws: LinuxError.self) { try DeviceProgram(DevicePolicy(rules)) }
        #expect(error?.errno == Errno(rawValue: E2BIG))
    }

    @Test("changes a v1 list without a moment that denies what stays allowed")
    func transition() throws {
        let field = ResourceWriter.Field("devices", "")
        let policy = DevicePolicy([
            DeviceRule(allows: true, .character, 1, 3), DeviceRule(allows: true, .character, 5, nil, access: [.read]),
        ])
        let list = try DeviceAllowList(DeviceTable(policy), field)
        #expect(
            list.changes(from: "c 1:3 rwm\nc 5:* rw\nb 8:0 rm\n") == [
                .init(allows: true, text: "c 1:3 rwm"), .init(allows: true, text: "c 5:* r"),
                .init(allows: false, text: "c 5:* w"), .init(allows: false, text: "b 8:0 rm"),
            ])
    }

    @Test(
        "reads accesses from letters", arguments: [("rwm", 7), ("r", 2), ("mw", 5), ("", 0), ("rr", nil), ("x", nil)])
    func letters(text: String, number: Int?) {
        #expect(DeviceRule.Access(letters: text)?.rawValue == number.map { UInt8($0) })
    }
}

/// What the kernel's v1 controller does with writes (security/device_cgroup.c): exceptions from one default.
private struct LegacyDevices {
    var allowsByDefault = true
    var exceptions: [String: DeviceRule.Access] = [:]

    mutating func write(_ change: DeviceAllowList.Change) {
        if change.text == "a" {
            allowsByDefault = change.allows
            exceptions = [:]
            return
        }
        let words = change.text.split(separator: " ").map(String.init)
        let access = DeviceRule.Access(letters: words[2]) ?? []
        let device = words[0] + " " + words[1]
        if change.allows == allowsByDefault {
            exceptions[device]?.subtract(access)
        } else {
            exceptions[device, default: []].formUnion(access)
        }
    }

    func allows(_ asked: BPFMachine.Context) -> Bool {
        let kind = asked.kind == .block ? "b" : "c"
        let matching = [
            "\(asked.major):\(asked.minor)", "\(asked.major):*", "*:\(asked.minor)", "*:*",
        ].compactMap { exceptions["\(kind) \($0)"] }
        return allowsByDefault
            ? !matching.contains { !$0.isDisjoint(with: asked.access) }
            : matching.contains { $0.isSuperset(of: asked.access) }
    }
}
