import BerthModel
import Testing

@Suite("What Berth cannot run yet")
struct UnsupportedFeatureTests {
    typealias Case = Refused<RegisterTaskDefinitionRequest>

    @Test(
        "registers, and is refused by name when it is to run",
        arguments: [
            Case("healthCheck of container 'app'") {
                $0.app.healthCheck = HealthCheck()
                $0.app.healthCheck?.command = ["CMD", "true"]
            },
            Case("volumes") {
                var volume = Volume()
                volume.name = "scratch"
                $0.volumes = [volume]
            },
            Case("secrets of container 'app'") {
                var secret = Secret()
                secret.name = "A"
                secret.valueFrom = "b"
                $0.app.secrets = [secret]
            },
            Case("environmentFiles of container 'app'") {
                var file = EnvironmentFile()
                file.type = "s3"
                file.value = "arn:aws:s3:::bucket/a.env"
                $0.app.environmentFiles = [file]
            },
            Case("user '70000:5' of container 'app'") { $0.app.user = "70000:5" },
            Case("ulimit rtprio above 0 of container 'app'") { $0.app.ulimits = [Options.ulimit("rtprio", 0, 1)] },
            Case("tmpfs option 'dev' of container 'app'") { $0.app.parameters.tmpfs = [Options.tmpfs("/a", "dev")] },
            Case("tmpfs option 'nr_blocks=9' of container 'app'") {
                $0.app.parameters.tmpfs = [Options.tmpfs("/a", "nr_blocks=9")]
            },
            Case("tmpfs option 'uid=65536' of container 'app'") {
                $0.app.parameters.tmpfs = [Options.tmpfs("/a", "uid=65536")]
            },
            Case("firelensConfiguration of container 'app'") {
                $0.app.firelensConfiguration = FirelensConfiguration()
                $0.app.firelensConfiguration?.type = "fluentbit"
            },
            Case("log driver 'splunk' of container 'app'") {
                $0.app.logConfiguration = LogConfiguration()
                $0.app.logConfiguration?.logDriver = "splunk"
            },
            Case("log option awslogs-datetime-format of container 'app'") {
                $0.app.logConfiguration = Definitions.awslogs(["awslogs-datetime-format": "%Y"])
            },
            Case("restartPolicy of container 'app'") {
                $0.app.restartPolicy = RestartPolicy()
                $0.app.restartPolicy?.enabled = true
            },
            Case("volumesFrom of container 'app'") {
                $0.containerDefinitions?.append(Definitions.container("other"))
                var source = VolumeFrom()
                source.sourceContainer = "other"
                $0.app.volumesFrom = [source]
            },
        ])
    func definition(refused: Case) throws {
        var request = Definitions.fargate()
        refused.change(&request)
        #expect(
            refusal(call(), try Definitions.registered(request))
                == .client(
                    "Berth cannot run \(refused.text) yet. Remove it from the task definition or the call."))
    }

    @Test("includes swap, and other IPC modes than each container's own")
    func hostFlavour() throws {
        var request = Definitions.host()
        request.app.parameters.maxSwap = 1
        request.ipcMode = "task"
        let message = refusal(RunTaskRequest(), try Definitions.registered(request))?.message ?? ""
        #expect(message.contains("linuxParameters.maxSwap above 0 of container 'app'"))
        #expect(message.contains("ipcMode 'task'"))
        request.app.parameters.maxSwap = 0
        request.app.parameters.swappiness = 60
        request.ipcMode = "none"
        #expect(refusal(RunTaskRequest(), try Definitions.registered(request)) == nil)
    }

    @Test("does not include commands executed in a running task")
    func execute() throws {
        var request = call()
        request.enableExecuteCommand = true
        #expect(refusal(request, try Definitions.registered(Definitions.fargate())) == nil)
    }

    @Test("does not include members that ask for nothing")
    func nothing() throws {
        var request = Definitions.fargate()
        request.app.linuxParameters = LinuxParameters()
        request.app.linuxParameters?.initProcessEnabled = false
        request.app.linuxParameters?.capabilities = KernelCapabilities()
        request.app.linuxParameters?.capabilities?.add = []
        request.app.ulimits = []
        request.app.secrets = []
        request.app.privileged = false
        request.app.interactive = false
        request.app.restartPolicy = RestartPolicy()
        request.app.restartPolicy?.enabled = false
        request.app.portMappings = [Definitions.port(80)]
        request.runtimePlatform = RuntimePlatform()
        request.runtimePlatform?.cpuArchitecture = "X86_64"
        request.runtimePlatform?.operatingSystemFamily = "LINUX"
        #expect(refusal(call(), try Definitions.registered(request)) == nil)
    }

    @Test(
        "includes other platforms, by their own code",
        arguments: [("ARM64", "LINUX"), ("X86_64", "WINDOWS_SERVER_2022_CORE")])
    func platforms(architecture: String, system: String) throws {
        var request = Definitions.fargate()
        request.cpu = "1024"
        request.memory = "2048"
        request.runtimePlatform = RuntimePlatform()
        request.runtimePlatform?.cpuArchitecture = architecture
        request.runtimePlatform?.operatingSystemFamily = system
        let error = refusal(call(), try Definitions.registered(request))
        #expect(error?.code == "PlatformTaskDefinitionIncompatibilityException")
        #expect(error?.message.contains(system) == true)
    }
}
