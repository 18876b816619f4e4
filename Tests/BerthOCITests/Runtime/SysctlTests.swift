import BerthOCI
import Testing

@Suite("Kernel parameters of a container")
struct SysctlTests {
    @Test(
        "those of the container's own namespaces are taken",
        arguments: [
            "net.ipv4.ip_forward", "net/ipv4/ip_forward", "kernel.shmmax", "fs.mqueue.msg_max", "kernel.msgmni",
        ])
    func own(name: String) throws {
        let configuration = try RuntimeConfiguration(
            RuntimeDocuments.with("linux.sysctl", .object([.init(name, "1")])))
        #expect(configuration.linux.sysctl.map(\.value) == ["1"])
    }

    @Test(
        "those of the host, and what is no name, are refused",
        arguments: [
            "kernel.core_pattern", "vm.swappiness", "kernel/core_pattern", "net", "net..ipv4", "net/../kernel/panic",
            "net.ipv4\n", "", "fs.file-max", "kernel.shmmax.x",
        ])
    func ofTheHost(name: String) {
        let refusal = RuntimeDocuments.refusal(RuntimeDocuments.with("linux.sysctl", .object([.init(name, "1")])))
        #expect(refusal?.contains("belongs to the host") == true, "\(refusal ?? "accepted")")
    }

    @Test("one of a namespace that the container does not have is refused")
    func withoutNamespace() {
        var document = RuntimeDocuments.with("linux.namespaces", [["type": "mount"]])
        if case .object(var members) = document {
            members.removeAll { $0.name == "hostname" }
            document = .object(members)
        }
        #expect(RuntimeDocuments.refusal(document) == nil)
        let configured = RuntimeDocuments.with("linux.sysctl", ["net.ipv4.ip_forward": "1"])
        guard case .object(var members) = configured, let linux = configured["linux"] else { return }
        guard case .object(var inner) = linux else { return }
        inner.removeAll { $0.name == "namespaces" }
        inner.append(.init("namespaces", [["type": "mount"], ["type": "uts"]]))
        members.removeAll { $0.name == "linux" }
        members.append(.init("linux", .object(inner)))
        let refusal = RuntimeDocuments.refusal(.object(members))
        #expect(refusal?.contains("runtime's own network namespace") == true, "\(refusal ?? "accepted")")
    }
}
