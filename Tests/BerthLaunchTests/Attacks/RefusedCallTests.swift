import Testing

/// Row "bugs of the kernel behind needless system calls" (CVE-2022-0185, CVE-2026-31431, io_uring, userfaultfd): what a
/// task need not call, it cannot.
@Suite("A refused system call")
struct RefusedCallTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("fails with EPERM, or ENOSYS where programs fall back, and does nothing")
    func refused() async throws {
        let lines = try await fixture.lines(of: "calls")
        #expect(lines.count > 50, "\(lines)")
        let reached = lines.filter { !$0.hasSuffix(": EPERM") && !$0.hasSuffix(": ENOSYS") }
        #expect(reached.isEmpty)
        for call in ["clone3", "newest possible call", "x32 getpid"] { #expect(lines.contains("\(call): ENOSYS")) }
        for family in ["alg", "vsock"] {
            #expect(lines.contains("socket \(family): EPERM"))
            #expect(lines.contains("socket \(family), high bits set: EPERM"))
        }
    }

    @Test("cannot be made by another architecture's number: the process dies")
    func foreign() async throws {
        #expect(try await fixture.lines(of: "foreign-calls") == ["socketcall alg: SIGSYS", "32-bit getpid: SIGSYS"])
    }
}
