import BerthModel
import Testing

@Suite("A system control")
struct SystemControlRuleTests {
    private func refusal(_ name: String?, _ value: String? = "1") -> String? {
        var request = Definitions.fargate()
        request.app.systemControls = [Options.control(name, value)]
        return request.refusal()?.message
    }

    @Test(
        "is of the task's network or of the container's IPC",
        arguments: [
            ("net.core.somaxconn", "4096"), ("net.ipv4.ip_local_port_range", "1024 65000"),
            ("net.ipv4.tcp_keepalive_time", "60"), ("net.ipv4.conf.eth0.forwarding", "1"),
            ("net.ipv4.ip_local_reserved_ports", "80,443-445"), ("net.ipv6.conf.all.stable_secret", "2001:db8::1"),
            ("net.ipv4.ping_group_range", "0 0"), ("net.ipv4.tcp_congestion_control", "cubic"),
            ("kernel.msgmax", "65536"), ("kernel.msgmnb", "1"), ("kernel.msgmni", "1"),
            ("kernel.sem", "250 32000 100 128"),
            ("kernel.shmall", "1"), ("kernel.shmmax", "-1"), ("kernel.shmmni", "1"), ("kernel.shm_rmid_forced", "1"),
            ("fs.mqueue.msg_max", "10"), ("fs.mqueue.queues_max", "10"),
        ])
    func taken(name: String, value: String) {
        #expect(refusal(name, value) == nil)
    }

    @Test(
        "of the host is refused by its name",
        arguments: [
            "kernel.core_pattern", "kernel.hostname", "kernel.modprobe", "kernel.shm", "kernel.shm_next_id",
            "kernel.sem.x", "vm.overcommit_memory", "fs.file-max", "fs.mqueue", "fs.mqueue.", "fs.mqueue.a.b", "net",
            "net.", "net.core", "netx.core.a", "user.max_user_namespaces", "Kernel.sem", "KERNEL.SEM",
            "net..core.somaxconn", ".net.core.somaxconn", "net.core.somaxconn.", "net/core/somaxconn",
            "net.ipv4/../../kernel.core_pattern", "net.ipv4/../../kernel/core_pattern", "net.core.a=b", "net.core.a b",
            "net.core.somaxconn\n", "net.core.a+kernel.core_pattern", "kernel.shm_rmid_forced+kernel.core_pattern",
            "net.core.somaxconn\0", "net.core.söm",
        ])
    func refused(name: String) {
        #expect(
            refusal(name)
                == "Invalid system control '\(name)' of container 'app': use one beginning with net. or fs.mqueue., or one "
                + "of kernel.msgmax, kernel.msgmnb, kernel.msgmni, kernel.sem, kernel.shm_rmid_forced, kernel.shmall, "
                + "kernel.shmmax, kernel.shmmni.")
    }

    @Test(
        "has a value of one line that leads nowhere else",
        arguments: [
            "1+kernel.core_pattern=|/bin/sh", "1\n", "1\nkernel.core_pattern", "|/tmp/x", "1=2", "a/b", "1\0", "é",
            "\t1", "%",
            String(repeating: "1", count: 513),
        ])
    func values(value: String) {
        #expect(
            refusal("kernel.shm_rmid_forced", value)
                == "Invalid system control 'kernel.shm_rmid_forced' of container 'app': its value may have up to 512 "
                + "letters, digits, spaces and , . : _ - characters.")
    }

    @Test("needs both parts")
    func parts() {
        let needs = "Invalid system control of container 'app': it needs a namespace and a value."
        #expect(refusal(nil) == needs)
        #expect(refusal("net.core.somaxconn", "") == needs)
        #expect(refusal("net.core.somaxconn", nil) == needs)
    }

    @Test("of a namespace that is the host's is refused, beside the namespace itself")
    func hostNamespaces() {
        var request = Definitions.host()
        request.networkMode = "host"
        request.app.systemControls = [Options.control("net.core.somaxconn", "1")]
        #expect(
            request.refusal()?.message.contains(
                "Invalid system control 'net.core.somaxconn' of container 'app': not supported with networkMode 'host'."
            )
                == true)
        request.networkMode = "none"
        #expect(request.refusal() == nil)
        request.ipcMode = "host"
        request.app.systemControls = [Options.control("kernel.sem", "1")]
        #expect(
            request.refusal()?.message.contains(
                "Invalid system control 'kernel.sem' of container 'app': not supported with ipcMode 'host'.") == true)
        request.ipcMode = "none"
        #expect(request.refusal() == nil)
    }
}
