extension DefinitionCheck {
    /// The members of the definition itself, sizes apart.
    mutating func checkTask() {
        let family = request.family ?? ""
        if family.isEmpty {
            faults.client("Family should not be null or empty.")
        } else if !family.isName() {
            faults.client(
                family.utf8.count > 255
                    ? "Family is too long: it must have at most 255 characters." : "Family contains invalid characters."
            )
        }
        for name in request.requiresCompatibilities ?? [] {
            checkChoice(name, "requiresCompatibilities", ["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"])
        }
        checkChoice(request.networkMode, "networkMode", ["bridge", "host", "awsvpc", "none"])
        checkChoice(request.pidMode, "pidMode", ["host", "task"])
        checkChoice(request.ipcMode, "ipcMode", ["host", "task", "none"])
        checkPlatform()
        checkEphemeralStorage()
        if (request.placementConstraints ?? []).count > 10 {
            faults.client("Too many placement constraints: a task definition has at most 10.")
        }
        if !(request.inferenceAccelerators ?? []).isEmpty {
            faults.client(
                isFargate
                    ? "Fargate compatible task definitions do not support inferenceAccelerators"
                    : "'inferenceAccelerators' are not supported. Remove them.")
        }
        if isFargate { checkFargateTask() }
    }

    private mutating func checkFargateTask() {
        if request.networkMode != "awsvpc" { faults.client("Fargate only supports network mode 'awsvpc'.") }
        if request.pidMode == "host" {
            faults.client("Tasks using the Fargate launch type do not support pidMode 'host'")
        }
        if request.ipcMode != nil { faults.client("Fargate compatible task definitions do not support ipcMode") }
        if !(request.placementConstraints ?? []).isEmpty {
            faults.client("Fargate compatible task definitions do not support constraints")
        }
    }

    private mutating func checkPlatform() {
        guard let platform = request.runtimePlatform else { return }
        checkChoice(platform.cpuArchitecture, "runtimePlatform.cpuArchitecture", ["X86_64", "ARM64"])
        if let system = platform.operatingSystemFamily, system != "LINUX", !system.hasPrefix("WINDOWS_SERVER_") {
            faults.client(
                "Invalid 'operatingSystemFamily' setting: '\(system)'. Use LINUX or a WINDOWS_SERVER_ family.")
        }
        // Amazon ECS developer guide, "Task CPU and memory": Windows tasks begin at one vCPU.
        if isFargate, platform.operatingSystemFamily?.hasPrefix("WINDOWS") == true, let taskCPU, taskCPU < 1024 {
            faults.client("No Fargate configuration exists for given values. Windows needs cpu 1024 or more.")
        }
    }

    private mutating func checkEphemeralStorage() {
        guard let storage = request.ephemeralStorage else { return }
        if !isFargate { faults.client("Tasks using the EC2 launch type do not support EphemeralStorage") }
        faults.checkEphemeralStorage(storage)
    }

    /// A member that must be one of a few words, if it is there.
    mutating func checkChoice(_ value: String?, _ member: String, _ choices: [String]) {
        if let value, !choices.contains(value) {
            faults.client(
                "Invalid '\(member)' setting: '\(value)'. Must be one of [\(choices.joined(separator: ", "))]")
        }
    }
}

extension Faults {
    /// 21 to 200 GiB; without the member a task has 20 (Amazon ECS API reference, `EphemeralStorage`).
    mutating func checkEphemeralStorage(_ storage: EphemeralStorage) {
        if storage.sizeInGiB < 21 { client("EphemeralStorage size should be at least 21") }
        if storage.sizeInGiB > 200 { client("EphemeralStorage size should be at most 200") }
    }
}
