import BerthConfinement
import BerthLaunch
import BerthLinux
import BerthModel
import Synchronization
import Testing

@testable import BerthEngine

@Suite struct `What the launcher is given` {
    /// Runs a definition that starts nothing, and answers what would have been started.
    private func request(
        _ containers: [ContainerDefinition], change: (inout RegisterTaskDefinitionRequest) -> Void = { _ in },
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) async throws -> LaunchRequest {
        let seen = SeenRequests()
        let fixture = try await EngineFixture(wrap: { _ in RefusingLauncher(seen: seen) }, configure: configure)
        var definition = RegisterTaskDefinitionRequest()
        definition.family = "test"
        definition.cpu = "256"
        definition.memory = "512"
        definition.containerDefinitions = containers
        change(&definition)
        let registered = try await fixture.engine.registerTaskDefinition(definition, principal: "test")
        _ = try await fixture.end(try await fixture.start(registered.taskDefinition.taskDefinitionArn))
        return try required(seen.first, "nothing was launched")
    }

    private func request(
        configure: (inout EngineConfiguration) -> Void = { _ in }, _ change: (inout ContainerDefinition) -> Void
    ) async throws -> ContainerLaunch {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        change(&container)
        return try await request([container], configure: configure).containers[0]
    }

    @Test func `nothing asked for is the standard confinement`() async throws {
        let launch = try await request { _ in }
        #expect(launch.capabilities == .standard)
        #expect(!launch.initProcess && !launch.terminal && !launch.keepsInput && !launch.readonlyRootFilesystem)
        #expect(launch.tmpfs == [] && launch.limits == [] && launch.systemControls == [])
        #expect(launch.sharedMemoryBytes == 64 << 20)
    }

    @Test func `every option arrives, in the kernel's units`() async throws {
        let launch = try await request { container in
            var parameters = LinuxParameters()
            parameters.initProcessEnabled = true
            parameters.sharedMemorySize = 128
            var tmpfs = Tmpfs()
            tmpfs.containerPath = "/scratch"
            tmpfs.size = 16
            tmpfs.mountOptions = ["defaults", "noexec", "mode=0700"]
            parameters.tmpfs = [tmpfs]
            container.linuxParameters = parameters
            var files = Ulimit()
            (files.name, files.softLimit, files.hardLimit) = ("nofile", 100, 200)
            var stack = Ulimit()
            (stack.name, stack.softLimit, stack.hardLimit) = ("stack", 8 << 20, -1)
            container.ulimits = [files, stack]
            var control = BerthModel.SystemControl()
            (control.namespace, control.value) = ("kernel.shmmni", "77")
            var network = BerthModel.SystemControl()
            (network.namespace, network.value) = ("net.core.somaxconn", "77")
            container.systemControls = [network, control]
            container.pseudoTerminal = true
            container.interactive = true
            container.readonlyRootFilesystem = true
            container.user = "1000"
        }
        #expect(launch.initProcess && launch.terminal && launch.keepsInput && launch.readonlyRootFilesystem)
        #expect(launch.sharedMemoryBytes == 128 << 20)
        #expect(launch.tmpfs == [TmpfsMount(path: "/scratch", sizeBytes: 16 << 20, options: ["noexec", "mode=0700"])])
        #expect(
            launch.limits == [
                ResourceLimit(.nofile, soft: 100, hard: 200), ResourceLimit(.stack, soft: 8 << 20, hard: .max),
            ])
        // That of the network is set by whoever made the network: the container could not.
        #expect(launch.systemControls == [BerthLaunch.SystemControl(name: "kernel.shmmni", value: "77")])
        #expect(launch.uid == 1000)
    }

    @Test func `capabilities are dropped, then added, and the filter of system calls follows them`() async throws {
        func launch(add: [String], drop: [String]) async throws -> ContainerLaunch {
            try await request(configure: { $0.hostPolicy = HostPolicy(allowedCapabilities: .all) }) {
                var capabilities = KernelCapabilities()
                capabilities.add = add
                capabilities.drop = drop
                $0.linuxParameters = LinuxParameters()
                $0.linuxParameters?.capabilities = capabilities
            }
        }
        let plain = try await launch(add: [], drop: ["NET_RAW"])
        #expect(plain.capabilities == CapabilitySet.standard.subtracting([.netRaw]))
        let bare = try await launch(add: ["SYS_PTRACE"], drop: ["ALL"])
        #expect(bare.capabilities == [.sysPtrace])
        #expect(bare.seccomp != plain.seccomp)
        let most = try await launch(add: ["ALL"], drop: ["SYS_ADMIN"])
        #expect(most.capabilities == CapabilitySet.all.subtracting([.sysAdmin]))
    }

    @Test func `containers share their processes when the definition says so`() async throws {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        #expect(try await request([container]).sharesProcesses == false)
        #expect(try await request([container], change: { $0.pidMode = "task" }).sharesProcesses)
    }

    @Test func `ids are kept by the operator's configuration only`() async throws {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        #expect(try await request([container]).keptIDs == nil)
        let kept = KeptIDs(uid: 1000, gid: 1001)
        #expect(try await request([container], configure: { $0.keptIDs = kept }).keptIDs == kept)
    }
}

private final class SeenRequests: Sendable {
    private let requests = Mutex<[LaunchRequest]>([])
    var first: LaunchRequest? { requests.withLock(\.first) }
    func add(_ request: LaunchRequest) { requests.withLock { $0.append(request) } }
}

/// Remembers what it was to launch, and launches nothing.
private struct RefusingLauncher: TaskLauncher {
    let seen: SeenRequests

    func launch(_ request: LaunchRequest) throws(LinuxError) -> any LaunchedTask {
        seen.add(request)
        throw LinuxError("launch", request.id, errno: .permissionDenied)
    }

    func prepareNext() {}
    func adopt(directory: String) throws(LinuxError) -> AdoptedTask { .neverStarted }
}
