import BerthConfinement
import BerthOCI
import CBerthPlan
import Testing

@testable import BerthCgroups
@testable import BerthLaunch
@testable import BerthRuntime

@Suite("From a configuration to the steps of its container")
struct StepTests {
    private func steps(
        _ change: (inout RuntimeConfiguration) -> Void = { _ in }, surroundings: (inout Surroundings) -> Void = { _ in }
    ) throws -> [BerthLaunch.Operation] {
        var configuration = try RuntimeConfiguration(DefaultConfiguration.document(rootless: nil))
        configuration.process?.terminal = false
        change(&configuration)
        var place = Surroundings(root: "/bundle/rootfs", bundle: "/bundle")
        surroundings(&place)
        return try ContainerSteps(configuration: configuration, surroundings: place).all()
    }

    private func place(_ code: Int, in steps: [BerthLaunch.Operation]) -> Int? { steps.firstIndex { $0.code == code } }

    @Test("the order is the specification's: mounts, devices, masks, root, user, program")
    func order() throws {
        let codes = try steps().map(\.code)
        let expected = [
            BERTH_CHILD_ROOT, BERTH_CHILD_BECOME_ROOT, BERTH_CHILD_MOUNT, BERTH_CHILD_DEVICE, BERTH_CHILD_LINK,
            BERTH_CHILD_RESTRICT, BERTH_CHILD_MASK, BERTH_CHILD_PIVOT, BERTH_CHILD_NAME, BERTH_CHILD_LOOPBACK,
            BERTH_CHILD_STDIO, BERTH_CHILD_DIRECTORY, BERTH_CHILD_READ_ONLY_ROOT, BERTH_CHILD_LIMIT, BERTH_CHILD_CALL,
            BERTH_CHILD_BOUNDING, BERTH_CHILD_USER, BERTH_CHILD_CAPABILITIES, BERTH_CHILD_NO_NEW_PRIVILEGES,
            BERTH_CHILD_EXECUTE,
        ]
        var seen: [Int] = []
        for code in codes where seen.last != code { seen.append(code) }
        #expect(seen == expected)
    }

    @Test("with no_new_privs the filter comes last, without it before privileges are given up")
    func filter() throws {
        let program = SeccompProgram(instructions: [UInt8](repeating: 0, count: 8))
        let last = try steps(surroundings: { $0.seccomp = program })
        #expect(place(BERTH_CHILD_SECCOMP, in: last) == last.count - 2)
        let early = try steps({ $0.process?.noNewPrivileges = false }, surroundings: { $0.seccomp = program })
        let filter = try #require(place(BERTH_CHILD_SECCOMP, in: early))
        let user = try #require(place(BERTH_CHILD_USER, in: early))
        #expect(filter < user)
    }

    @Test("a container that is created waits at its gate before startContainer hooks and the program")
    func gate() throws {
        let document: JSONValue = ["startContainer": [["path": "/s"]], "createContainer": [["path": "/c"]]]
        var members: [JSONValue.Member] = []
        if case .object(let all) = DefaultConfiguration.document(rootless: nil) { members = all }
        members.append(.init("hooks", document))
        var configuration = try RuntimeConfiguration(.object(members))
        configuration.process?.terminal = false
        var place = Surroundings(root: "/r", bundle: "/b")
        place.waitsForStart = true
        let all = try ContainerSteps(configuration: configuration, surroundings: place).all()
        let gate = try #require(all.firstIndex { $0.code == BERTH_CHILD_GATE })
        let pivot = try #require(all.firstIndex { $0.code == BERTH_CHILD_PIVOT })
        let hooks = all.indices.filter { all[$0].code == BERTH_CHILD_HOOK }
        #expect(hooks.count == 2 && hooks[0] < pivot && gate < hooks[1])
    }

    @Test("in a user namespace devices are the host's, bound, and opened before the host's root is given up")
    func devices() throws {
        let all = try steps {
            $0.linux.namespaces.append(RuntimeNamespace(.user))
            $0.linux.uidMappings = [RuntimeIDMapping(containerID: 0, hostID: 100_000, size: 65536)]
            $0.linux.gidMappings = $0.linux.uidMappings
        }
        #expect(place(BERTH_CHILD_DEVICE, in: all) == nil)
        let lastSource = try #require(all.lastIndex { $0.code == BERTH_CHILD_SOURCE })
        #expect(lastSource < place(BERTH_CHILD_BECOME_ROOT, in: all) ?? 0)
        #expect(all.count { $0.code == BERTH_CHILD_SOURCE } == RuntimeDevice.standard.count)
    }

    @Test("sources are numbered in the order that they are opened")
    func sources() throws {
        func bind(_ path: String, _ options: [String]) -> RuntimeMount {
            RuntimeMount(
                destination: path, type: "none", source: path, options: RuntimeMountOptions(["rbind"] + options))
        }
        let all = try steps {
            $0.linux.rootfsPropagation = RuntimeMountOptions(["rshared"]).propagation.first
            $0.mounts += [bind("/one", ["rprivate"]), bind("/two", ["rshared"]), bind("/three", ["ro"])]
        }
        let opened = all.filter { $0.code == BERTH_CHILD_SOURCE }.map { $0.texts[0] }
        let bound = all.filter { $0.code == BERTH_CHILD_BIND && $0.numbers[4] != .max }
        #expect(bound.map { "/" + $0.texts[1] } == ["/one", "/two", "/three"])
        #expect(bound.map { opened[Int($0.numbers[4])] } == ["/one", "/two", "/three"])
        #expect(all.first?.texts == ["/two"], "what shares its mounts is opened while they still propagate")
    }

    @Test("what covers the kernel's files, and what Berth does not do, is refused before anything is made")
    func refusals() throws {
        for (mount, expected) in [
            (
                RuntimeMount(destination: "/proc/self/attr", type: "tmpfs", source: "", options: .init([])),
                "destination"
            ),
            (RuntimeMount(destination: "/x/../proc", type: "tmpfs", source: "", options: .init([])), "destination"),
            (
                RuntimeMount(destination: "/x", type: "none", source: "/x", options: .init(["bind", "idmap"])),
                "options"
            ),
        ] {
            do {
                _ = try steps { $0.mounts.append(mount) }
                Issue.record("accepted \(mount.destination)")
            } catch let error as SpecError {
                #expect(error.field == "mounts[7].\(expected)")
            }
        }
        _ = try steps {
            $0.mounts.append(
                RuntimeMount(destination: "/proc/uptime", type: "none", source: "/u", options: .init(["bind"])))
        }
    }

    @Test("capabilities are kept as far as the command holds them; what cannot be granted is told")
    func capabilities() {
        var names = ProcessCapabilities()
        names.bounding = ["CAP_KILL", "CAP_NOTHING"]
        names.permitted = ["CAP_KILL", "CAP_SYS_BOOT"]
        names.effective = ["CAP_KILL", "CAP_SYS_BOOT"]
        names.ambient = ["CAP_KILL"]
        let sets = CapabilitySets(names, within: [.kill, .chown])
        #expect(sets.permitted == [.kill] && sets.effective == [.kill] && sets.bounding == [.kill])
        #expect(sets.ambient == [], "an ambient capability must be inheritable")
        #expect(sets.refused == ["CAP_NOTHING", "CAP_SYS_BOOT"])
    }

    @Test("a v1 host's cgroup mount is a directory of all hierarchies, made read-only at the end")
    func cgroups() throws {
        let all = try steps(surroundings: {
            $0.hierarchies = [
                .init(mount: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"]),
                .init(mount: "/sys/fs/cgroup/systemd", controllers: ["name=systemd"]),
            ]
            $0.cgroup = "/berth-oci/x"
        })
        let mounts = all.filter { $0.code == BERTH_CHILD_MOUNT && $0.texts[1].hasPrefix("sys/fs/cgroup") }
        #expect(mounts.map { $0.texts[0] } == ["tmpfs", "cgroup", "cgroup"])
        #expect(mounts.last?.list == ["none", "", "name", "systemd"])
        let links = all.filter { $0.code == BERTH_CHILD_LINK }.map { $0.texts[1] }
        #expect(links.contains("sys/fs/cgroup/cpu") && links.contains("sys/fs/cgroup/cpuacct"))
    }

    @Test(
        "the first separator of a kernel parameter says which parts the other keeps together (sysctl(8))",
        arguments: [
            ("net.ipv4.ip_forward", "net/ipv4/ip_forward"), ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
            ("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding"),
            ("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding"),
        ])
    func kernelParameter(name: String, path: String) {
        let step = BerthLaunch.Operation.systemControl(SystemControl(name: name, value: "1"))
        #expect(step.list == [path, "1"] && step.texts == [name])
    }

    @Test("each bind has a source of its own, for it is closed behind it")
    func ownSources() throws {
        let device = RuntimeDevice("/dev/x", .character, major: 1, minor: 3)
        let all = try steps(
            {
                $0.linux.namespaces = [RuntimeNamespace(.mount), RuntimeNamespace(.user)]
                $0.linux.devices = [device, device]
                let cgroup = RuntimeMount(destination: "/c", type: "cgroup", source: "cgroup", options: .init([]))
                $0.mounts += [cgroup]
            }, surroundings: { $0.cgroup = "/x" })
        let bound = all.filter { $0.code == BERTH_CHILD_BIND && $0.numbers[4] != .max }.map { $0.numbers[4] }
        #expect(bound.count == Set(bound).count && bound.count >= 9)
    }

    @Test("a device rule's -1 is any number, and 0 is not")
    func anyDevice() throws {
        let documents: [JSONValue] = [
            ["allow": true, "type": "c", "major": -1, "minor": 0, "access": "r"],
            ["allow": true, "type": "c", "major": 0, "minor": -1, "access": "r"], ["allow": false, "access": "rwm"],
        ]
        let limits = try RuntimeResourceLimits(Field(document: ["devices": .array(documents)]))
        let rules = try #require(RuntimeResources(limits, withDevices: true).devices)
        #expect(
            Array(rules.prefix(3)) == [
                BerthCgroups.DeviceRule(allows: true, .character, nil, 0, access: [.read]),
                BerthCgroups.DeviceRule(allows: true, .character, 0, nil, access: [.read]),
                BerthCgroups.DeviceRule(allows: false, .all, nil, nil, access: .everything),
            ])
    }
}
