import Foundation
import Testing

@testable import BerthConfinement

/// `Config/berth.service` and the daemon's own confinement say the same in two languages.
@Suite("The systemd unit")
struct ServiceUnitTests {
    private let settings: [(name: String, value: String)]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Config/berth.service")
        settings = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") && $0.contains("=") }
            .map { line in
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts[1]))
            }
    }

    private func words(_ name: String) -> [String] {
        settings.filter { $0.name == name }.flatMap { $0.value.split(separator: " ").map(String.init) }
    }

    @Test("bounds capabilities by what a shim needs")
    func capabilities() throws {
        #expect(try CapabilitySet(names: words("CapabilityBoundingSet")) == .shim)
    }

    @Test("refuses no system call by name that the house does not refuse")
    func calls() {
        let refused = Set(SeccompPolicy.house.rules.filter(\.arguments.isEmpty).flatMap(\.syscalls))
        let named = words("SystemCallFilter").map { $0.drop { $0 == "~" } }.filter { !$0.hasPrefix("@") }.map(
            String.init)
        #expect(named.count > 10)
        #expect(Set(named).isSubset(of: refused), "\(Set(named).subtracting(refused))")
    }

    @Test("keeps tasks when the daemon ends, and brings it back whatever ended it")
    func restart() {
        #expect(words("KillMode") == ["process"])
        #expect(words("Restart") == ["always"])
        #expect(words("StartLimitIntervalSec") == ["0"])
        #expect(words("OOMPolicy") == ["continue"])
        #expect(words("Delegate") == ["yes"])
    }

    @Test("sets nothing that a task cannot live with")
    func nothingTooMuch() {
        let names = Set(settings.map(\.name))
        let fatal: Set = [
            "NoNewPrivileges", "RestrictNamespaces", "PrivateUsers", "PrivateNetwork", "ProtectHostname",
            "PrivateDevices",
            "ProtectKernelTunables", "ProtectKernelLogs", "ProtectProc", "ProcSubset", "ProtectControlGroups",
            "ProtectClock", "DevicePolicy", "MemoryDenyWriteExecute", "LockPersonality", "RestrictSUIDSGID",
            "PrivateTmp",
        ]
        #expect(names.isDisjoint(with: fatal), "\(names.intersection(fatal))")
    }
}
