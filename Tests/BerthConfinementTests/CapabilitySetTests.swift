import CCap
import Testing

@testable import BerthConfinement

@Suite("Capability sets")
struct CapabilitySetTests {
    @Test("give every capability the name and number of libcap", arguments: Capability.allCases)
    func namesAgreeWithLibcap(capability: Capability) throws {
        let text = try #require(cap_to_name(Int32(capability.rawValue)))
        defer { cap_free(text) }
        #expect(String(cString: text) == "cap_" + capability.name.lowercased())
    }

    @Test("end where libcap of Debian 12 ends")
    func complete() {
        #expect(Capability.allCases.count == Int(cap_max_bits()) || cap_max_bits() < Capability.allCases.count)
        #expect(CapabilitySet.all.bits == 0x1ff_ffff_ffff)
    }

    @Test(
        "read names with and without CAP_, in any case",
        arguments: ["NET_RAW", "CAP_NET_RAW", "net_raw", "cap_Net_Raw"])
    func parse(name: String) throws {
        #expect(try Capability(name: name) == .netRaw)
    }

    @Test("name what they cannot read", arguments: ["", "CAP_", "NET RAW", "CAP_CAP_CHOWN", "SYS_GOD", "ALL"])
    func unknown(name: String) {
        #expect(throws: CapabilityError.unknown(name: name)) { try CapabilitySet(names: ["CHOWN", name]) }
    }

    @Test("hold Docker's fourteen by default")
    func standard() {
        #expect(CapabilitySet.standard.members.count == 14)
        #expect(CapabilitySet.standard.bits == 0xa804_25fb)  // CapBnd in a container that Docker started
    }

    @Test("are sets")
    func algebra() {
        var set: CapabilitySet = [.chown, .kill]
        #expect(set.union([.bpf]).members == [.chown, .kill, .bpf])
        #expect(set.intersection([.kill, .bpf]) == [.kill])
        #expect(set.subtracting([.kill]) == [.chown])
        #expect(set.symmetricDifference([.kill, .bpf]) == [.chown, .bpf])
        #expect(!set.insert(.kill).inserted)
        #expect(set.remove(.kill) == .kill)
        #expect(set.remove(.kill) == nil)
        #expect(set.description == "CHOWN")
        #expect(set.isSubset(of: .standard))
    }

    @Test("drop first, then add, and read ALL as Docker does")
    func adjusted() throws {
        let base: CapabilitySet = [.chown, .kill]
        #expect(try base.adjusted(dropping: [], adding: []) == base)
        #expect(try base.adjusted(dropping: ["KILL"], adding: ["SYS_PTRACE"]) == [.chown, .sysPtrace])
        #expect(try base.adjusted(dropping: ["KILL"], adding: ["CAP_KILL"]) == base)
        #expect(try base.adjusted(dropping: ["ALL"], adding: []) == [])
        #expect(try base.adjusted(dropping: ["all"], adding: ["BPF"]) == [.bpf])
        #expect(try base.adjusted(dropping: ["BPF"], adding: ["ALL"]) == CapabilitySet.all.subtracting([.bpf]))
        #expect(throws: CapabilityError.unknown(name: "ROOT")) { try base.adjusted(dropping: ["ROOT"], adding: []) }
    }
}
