import BerthConfinement
import Testing

@Suite("Masked paths")
struct MaskedPathsTests {
    @Test("are absolute, below /proc or /sys, sorted and said once")
    func wellFormed() {
        for list in [MaskedPaths.standard, MaskedPaths.readOnly] {
            #expect(list == Set(list).sorted())
            #expect(list.allSatisfy { ($0.hasPrefix("/proc/") || $0.hasPrefix("/sys/")) && !$0.hasSuffix("/") })
        }
        #expect(Set(MaskedPaths.standard).isDisjoint(with: MaskedPaths.readOnly))
    }
}
