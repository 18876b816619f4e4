import BerthOCI
import Testing

@Suite("What a config.json may not say")
struct RefusalTests {
    @Test("the default configuration is accepted, with and without privileges")
    func standardIsAccepted() throws {
        _ = try RuntimeConfiguration(DefaultConfiguration.document(rootless: nil))
        let rootless = try RuntimeConfiguration(DefaultConfiguration.document(rootless: (uid: 1000, gid: 1001)))
        #expect(rootless.linux.uidMappings == [RuntimeIDMapping(containerID: 0, hostID: 1000, size: 1)])
        #expect(rootless.linux.gidMappings.text == "0 1001 1\n")
    }

    @Test(
        "a wrong type, a missing field or a value out of range is named by its path",
        arguments: [
            ("ociVersion", nil, "ociVersion is missing"),
            ("ociVersion", "2.0.0", "ociVersion is \"2.0.0\": Berth reads versions 1.0.0 to 1.3.0"),
            ("ociVersion", "1.0", "ociVersion is \"1.0\": must be a version of three numbers"),
            ("root", nil, "root is missing"),
            ("root.path", "", "root.path is \"\": must not be empty"),
            ("root.readonly", "yes", "root.readonly is \"yes\": must be true or false"),
            ("process.args", [], "process.args is []: names no program"),
            ("process.args", ["a\0b"], "process.args[0]"),
            ("process.cwd", nil, "process.cwd is missing"),
            ("process.cwd", "usr", "process.cwd is \"usr\": must be an absolute path"),
            ("process.user.uid", -1, "process.user.uid is -1: must be a whole number from 0 to 4294967294"),
            ("process.user.umask", 0o1000, "process.user.umask is 512"),
            ("process.oomScoreAdj", 1001, "process.oomScoreAdj is 1001: must be a whole number from -1000 to 1000"),
            ("process.rlimits.0.type", "RLIMIT_X", "process.rlimits[0].type is \"RLIMIT_X\""),
            ("process.rlimits.0.soft", 4096, "process.rlimits[0].soft is 4096: must not be above the hard limit"),
            ("process.rlimits.1", ["type": "RLIMIT_NOFILE", "soft": 1, "hard": 1], "sets RLIMIT_NOFILE twice"),
            ("process.consoleSize", ["height": 70000, "width": 1], "process.consoleSize.height is 70000"),
            ("process.scheduler", ["policy": "SCHED_OTHER", "priority": 3], "process.scheduler.priority is 3"),
            ("process.ioPriority", ["class": "IOPRIO_CLASS_BE", "priority": 8], "process.ioPriority.priority is 8"),
            ("mounts.0.destination", nil, "mounts[0].destination"),
            ("mounts.1.type", nil, "mounts[1].type is missing"),
            ("mounts.1.options.0", 7, "mounts[1].options[0] is 7: must be a string"),
            ("linux.namespaces.0.type", "pids", "linux.namespaces[0].type is \"pids\""),
            ("linux.namespaces.1.type", "pid", "names the pid namespace twice"),
            ("linux.namespaces.0.path", "ns", "linux.namespaces[0].path is \"ns\": must be an absolute path"),
            ("linux.uidMappings", [["containerID": 0, "hostID": 0, "size": 1]], "maps ids without a user namespace"),
            ("linux.maskedPaths", ["proc/kcore"], "linux.maskedPaths[0] is \"proc/kcore\": must be an absolute path"),
            ("linux.rootfsPropagation", "sideways", "linux.rootfsPropagation is \"sideways\": is no propagation"),
            ("linux.devices", [["path": "/dev/x", "type": "c", "major": 1]], "linux.devices[0].minor is missing"),
            ("hostname", .string(String(repeating: "x", count: 65)), "is longer than 64 bytes"),
            ("hooks", ["prestart": [["path": "true"]]], "hooks.prestart[0].path is \"true\""),
            ("hooks", ["poststop": [["path": "/bin/true", "timeout": 0]]], "hooks.poststop[0].timeout is 0"),
        ] as [(String, JSONValue?, String)])
    func isNamed(path: String, value: JSONValue?, expected: String) {
        let refusal = RuntimeDocuments.refusal(RuntimeDocuments.with(path, value))
        #expect(refusal?.contains(expected) == true, "\(refusal ?? "accepted")")
    }

    @Test(
        "limits are checked before anything is made",
        arguments: [
            ("memory.limit", "12m", "linux.resources.memory.limit is \"12m\": must be a whole number"),
            ("memory.limit", -2, "linux.resources.memory.limit is -2"),
            ("memory", ["limit": 8192, "swap": 4096], "linux.resources.memory.swap is 4096"),
            ("memory.swappiness", 101, "linux.resources.memory.swappiness is 101"),
            ("memory.useHierarchy", false, "Berth does not do memory accounts without their children"),
            ("cpu.cpus", "0-", "linux.resources.cpu.cpus is \"0-\": is no list"),
            ("cpu.cpus", "3-1", "is no list"),
            ("cpu.idle", 2, "linux.resources.cpu.idle is 2"),
            ("blockIO.weight", 9, "linux.resources.blockIO.weight is 9"),
            ("blockIO.leafWeight", 100, "Berth does not do leaf weights"),
            (
                "blockIO.weightDevice", [["major": 8, "minor": 0, "weight": 100, "leafWeight": 100]],
                "linux.resources.blockIO.weightDevice[0].leafWeight is 100: Berth does not do leaf weights"
            ),
            ("blockIO.weightDevice", [["major": 8, "minor": 0, "weight": 1001]], "weightDevice[0].weight is 1001"),
            ("blockIO.weightDevice", [["major": 8, "minor": 0]], "weightDevice[0].weight is missing"),
            ("blockIO.throttleReadBpsDevice", [["major": 8, "rate": 1]], "throttleReadBpsDevice[0].minor is missing"),
            ("hugepageLimits", [["pageSize": "big", "limit": 1]], "hugepageLimits[0].pageSize is \"big\""),
            ("unified", ["a/b": "1"], "has \"a/b\", which is no name of a file"),
            ("devices", [["allow": true, "access": "rx"]], "linux.resources.devices[0].access is \"rx\""),
            ("devices", [["type": "c"]], "linux.resources.devices[0].allow is missing"),
        ] as [(String, JSONValue?, String)])
    func limits(path: String, value: JSONValue?, expected: String) {
        let refusal = RuntimeDocuments.refusal(RuntimeDocuments.with("linux.resources." + path, value))
        #expect(refusal?.contains(expected) == true, "\(refusal ?? "accepted")")
    }

    @Test(
        "what Berth does not do is refused by name",
        arguments: [
            ("vm", ["kernel": ["path": "/x"]], "virtual machine containers"),
            ("windows", ["layerFolders": []], "Windows containers"),
            ("solaris", ["milestone": "x"], "Solaris containers"),
            ("zos", ["namespaces": []], "z/OS containers"),
            ("freebsd", ["jail": []], "FreeBSD containers"),
            ("linux.intelRdt", ["closID": "x"], "Intel RDT"),
            ("linux.timeOffsets", ["monotonic": ["secs": 1]], "time namespaces"),
            ("linux.namespaces.0.type", "time", "time namespaces"),
            ("linux.memoryPolicy", ["mode": "MPOL_BIND"], "NUMA memory policies"),
            ("linux.netDevices", ["eth0": []], "moving network devices"),
            ("linux.mountLabel", "x", "SELinux labels"),
            ("process.execCPUAffinity", ["initial": "0"], "CPU affinity"),
            ("linux.personality", ["domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]], "flags of personalities"),
            (
                "linux.seccomp", ["defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/x"],
                "user notification of system calls"
            ),
            ("linux.seccomp", ["defaultAction": "SCMP_ACT_NOTIFY"], "user notification of system calls"),
        ] as [(String, JSONValue, String)])
    func unsupported(path: String, value: JSONValue, what: String) {
        let refusal = RuntimeDocuments.refusal(RuntimeDocuments.with(path, value))
        #expect(refusal?.contains("Berth does not do") == true && refusal?.contains(what) == true, "\(refusal ?? "-")")
    }

    @Test("members that nobody knows are ignored, and null is absent")
    func unknownIsIgnored() throws {
        _ = try RuntimeConfiguration(RuntimeDocuments.with("process.colour", "red"))
        _ = try RuntimeConfiguration(RuntimeDocuments.with("linux.intelRdt", .null))
    }
}
