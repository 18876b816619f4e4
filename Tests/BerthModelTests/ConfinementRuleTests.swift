import BerthModel
import Testing

@Suite("Container options")
struct ConfinementRuleTests {
    typealias Case = Refused<RegisterTaskDefinitionRequest>

    @Test("of every kind that Fargate takes are taken, echoed as sent, and become settings")
    func taken() throws {
        var request = Definitions.fargate()
        request.pidMode = "task"
        request.app.adds = ["SYS_PTRACE"]
        request.app.drops = ["ALL"]
        request.app.parameters.initProcessEnabled = true
        request.app.parameters.tmpfs = [Options.tmpfs("//scratch/.", "rw", "noexec", "defaults", "mode=0700", size: 64)]
        request.app.ulimits = [Options.ulimit("nofile", 1024, 1_048_576), Options.ulimit("core", -1, -1)]
        request.app.systemControls = [Options.control("net.core.somaxconn", "1024")]
        request.app.user = "app:1000"
        request.app.readonlyRootFilesystem = true
        request.app.pseudoTerminal = true
        request.app.interactive = true

        let definition = try Definitions.registered(request)
        #expect(definition.pidMode == "task")
        #expect(definition.containerDefinitions[0].linuxParameters == request.app.linuxParameters)
        #expect(definition.containerDefinitions[0].ulimits == request.app.ulimits)
        #expect(definition.containerDefinitions[0].systemControls == request.app.systemControls)

        let settings = try call().validated(for: definition)
        #expect(settings.sharesProcesses)
        #expect(settings.containers[0].readonlyRootFilesystem)
        let confinement = settings.containers[0].confinement
        #expect(confinement.addedCapabilities == ["SYS_PTRACE"])
        #expect(confinement.droppedCapabilities == ["ALL"])
        #expect(confinement.initProcess)
        #expect(confinement.tmpfs == [Options.tmpfs("/scratch", "rw", "noexec", "mode=0700", size: 64)])
        #expect(confinement.sharedMemoryMiB == nil)
        #expect(confinement.ulimits == request.app.ulimits)
        #expect(confinement.systemControls == request.app.systemControls)
        #expect(confinement.pseudoTerminal)
        #expect(confinement.interactive)
    }

    @Test("that nobody set leave everything as it is")
    func absent() throws {
        let settings = try call().validated(for: Definitions.registered(Definitions.fargate()))
        #expect(!settings.sharesProcesses)
        let confinement = settings.containers[0].confinement
        #expect(confinement.addedCapabilities == [] && confinement.droppedCapabilities == [])
        #expect(!confinement.initProcess && !confinement.pseudoTerminal && !confinement.interactive)
        #expect(confinement.tmpfs == [] && confinement.ulimits == [] && confinement.systemControls == [])
    }

    @Test("of host flavour have a shared memory size")
    func sharedMemory() throws {
        var request = Definitions.host()
        request.app.parameters.sharedMemorySize = 128
        let settings = try RunTaskRequest().validated(for: Definitions.registered(request))
        #expect(settings.containers[0].confinement.sharedMemoryMiB == 128)
        request.app.parameters.sharedMemorySize = 0
        let unset = try RunTaskRequest().validated(for: Definitions.registered(request))
        #expect(unset.containers[0].confinement.sharedMemoryMiB == nil)
        request.app.parameters.sharedMemorySize = -1
        #expect(request.refusal()?.message.hasPrefix("Invalid 'sharedMemorySize' setting for container 'app'") == true)
        request.app.parameters.sharedMemorySize = .max
        #expect(request.refusal() != nil)
    }

    @Test("of Fargate name one capability to add and any to drop")
    func capabilities() {
        var request = Definitions.fargate()
        for name in ["NET_ADMIN", "ALL", "sys_ptrace", "CAP_SYS_PTRACE", "CHOWN", ""] {
            request.app.adds = [name]
            #expect(request.refusal() == .client("\(name) is not allowed on Fargate."))
        }
        request.app.adds = ["SYS_PTRACE"]
        request.app.drops = ["ALL", "NET_RAW", "MKNOD"]
        #expect(request.refusal() == nil)
        request.app.drops = ["net_raw"]
        #expect(
            request.refusal()
                == .client(
                    "Invalid 'linuxParameters.capabilities.drop' setting for container 'app': 'net_raw'. "
                        + "Write a capability as NET_ADMIN is written, or ALL."))
    }

    @Test("of host flavour add the capabilities that the operator allows, at registration and at every run")
    func policy() throws {
        func refusal(_ names: [String], _ policy: HostPolicy) -> String? {
            var request = Definitions.host()
            request.app.adds = names
            return caught { () throws(ServiceError) in try request.validated(under: policy) }?.message
        }
        let none = HostPolicy(allowedCapabilities: .only([]))
        let network = HostPolicy(allowedCapabilities: .only(["NET_ADMIN"]))
        let all = HostPolicy(allowedCapabilities: .all)
        #expect(refusal(["SYS_PTRACE", "CHOWN"], .strict) == nil)
        #expect(refusal(["CHOWN"], none) == nil)
        #expect(refusal(["NET_ADMIN"], network) == nil)
        #expect(refusal(["ALL", "SYS_ADMIN"], all) == nil)
        for (name, policy) in [("SYS_PTRACE", none), ("NET_ADMIN", .strict), ("ALL", network), ("SYS_ADMIN", network)] {
            #expect(
                refusal([name], policy) == "The policy of this host does not allow capability \(name) of container "
                    + "'app'. Remove it from the task definition.")
        }
        #expect(refusal(["EVERYTHING"], all)?.contains("'EVERYTHING'") == true)

        var request = Definitions.host()
        request.app.adds = ["NET_ADMIN"]
        let definition = TaskDefinition(
            try request.validated(under: network), account: Definitions.account, revision: 1, registeredAt: .now,
            registeredBy: "")
        #expect(
            caught { () throws(ServiceError) in _ = try RunTaskRequest().validated(for: definition, under: network) }
                == nil)
        #expect(
            BerthModelTests.refusal(RunTaskRequest(), definition)
                == .client("The policy of this host no longer allows capability NET_ADMIN of container 'app'."))
    }

    @Test(
        "that would give limits nobody has are refused",
        arguments: [
            Case(
                "Invalid 'ulimits.name' setting: 'as'. Must be one of [core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc, rss, rtprio, rttime, sigpending, stack]"
            ) {
                $0.app.ulimits = [Options.ulimit("as", 1, 1)]
            },
            Case("Soft limit exceeds hard limit for ulimit nproc") { $0.app.ulimits = [Options.ulimit("nproc", 2, 1)] },
            Case("Soft limit exceeds hard limit for ulimit nproc") {
                $0.app.ulimits = [Options.ulimit("nproc", -1, 1)]
            },
            Case("Invalid ulimit nproc: it needs a softLimit and a hardLimit.") {
                $0.app.ulimits = [Options.ulimit("nproc", 1, nil)]
            },
            Case("Invalid ulimit stack: limits are -1 (none) or not negative.") {
                $0.app.ulimits = [Options.ulimit("stack", -2, -1)]
            },
            Case("Invalid ulimit nofile: it can be at most 1048576.") {
                $0.app.ulimits = [Options.ulimit("nofile", 1, 1_048_577)]
            },
            Case("Invalid ulimit nofile: it can be at most 1048576.") {
                $0.app.ulimits = [Options.ulimit("nofile", -1, -1)]
            },
            Case("Invalid ulimits of container 'app': cpu is set twice. Remove one.") {
                $0.app.ulimits = [Options.ulimit("cpu", 1, 1), Options.ulimit("cpu", 2, 2)]
            },
        ])
    func ulimits(refused: Case) { check(refused) }

    @Test(
        "that take all fifteen limits",
        arguments: [
            "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
            "rttime", "sigpending", "stack",
        ])
    func ulimit(name: String) {
        var request = Definitions.fargate()
        for (soft, hard) in [(0, 0), (1, 2), (2, 2)] {
            request.app.ulimits = [Options.ulimit(name, soft, hard)]
            #expect(request.refusal() == nil)
        }
    }

    @Test(
        "that name a user say who, in a number that fits or a name",
        arguments: [
            (
                "Invalid 'user' setting for container 'app': 'a:b:c'. Write user, uid, or either with a group behind a colon.",
                "a:b:c"
            ),
            (
                "Invalid 'user' setting for container 'app': ':1'. Write user, uid, or either with a group behind a colon.",
                ":1"
            ),
            (
                "Invalid 'user' setting for container 'app': 'a b'. Write user, uid, or either with a group behind a colon.",
                "a b"
            ),
            (
                "Invalid 'user' setting for container 'app': 'a\n'. Write user, uid, or either with a group behind a colon.",
                "a\n"
            ),
            ("Invalid 'user' setting for container 'app': 4294967295 is larger than 4294967294.", "4294967295"),
            ("Invalid 'user' setting for container 'app': 4294967296 is larger than 4294967294.", "0:4294967296"),
            (nil, "app"), (nil, "app:staff"), (nil, "0"), (nil, "0:0"), (nil, "app:5"), (nil, "5:staff"), (nil, ""),
            (nil, "4294967294"),
        ] as [(String?, String)])
    func users(text: String?, user: String) {
        var request = Definitions.fargate()
        request.app.user = user
        #expect(request.refusal()?.message == text)
    }

    private func check(_ refused: Case) {
        var request = Definitions.fargate()
        refused.change(&request)
        #expect(request.refusal() == .client(refused.text))
    }
}
