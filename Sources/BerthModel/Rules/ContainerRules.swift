extension DefinitionCheck {
    /// How many containers there are, how they are told apart, and which of them carry the task.
    mutating func checkContainerList() {
        if containers.isEmpty {
            faults.client("Container list cannot be empty.")
            return
        }
        if containers.count > 10 { faults.client("Too many containers") }
        let names = containers.compactMap(\.name)
        if Set(names).count != names.count {
            faults.client("Container names must be unique within a task definition")
        }
        if !containers.contains(where: { $0.essential ?? true }) {
            faults.client("Task definition doesn't have any essential container")
        }
    }

    /// Name, image, and how the process is started.
    mutating func checkBasics(_ container: ContainerDefinition) {
        let name = container.label
        if name.isEmpty {
            faults.client("Container.name should not be null or empty.")
        } else if !name.isName() {
            faults.client(
                "Invalid container name '\(name)': use 1 to 255 letters, digits, hyphens and underscores.")
        }
        let image = container.image ?? ""
        if image.isEmpty {
            faults.client("Container.image should not be null or empty.")
        } else if image.utf8.count > 255 || !image.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) {
            faults.client("Container.image contains invalid characters.")
        }
        checkChoice(container.versionConsistency, "versionConsistency", ["enabled", "disabled"])
        let texts = [container.workingDirectory, container.user].compactMap { $0 }
        for text in (container.command ?? []) + (container.entryPoint ?? []) + texts where text.hasNUL {
            // The kernel ends an argument at a NUL: what runs would not be what was registered.
            faults.client(
                "Invalid setting for container '\(name)'. "
                    + "'command', 'entryPoint', 'workingDirectory' and 'user' must not contain NUL.")
        }
        if let directory = container.workingDirectory, !directory.isEmpty, !directory.hasPrefix("/") {
            faults.client("Invalid setting for container '\(name)'. 'workingDirectory' must be an absolute path.")
        }
    }

    /// Variables, files of variables, secrets, and what is needed to read them.
    mutating func checkEnvironment(_ container: ContainerDefinition) {
        faults.checkEnvironment(container.environment, of: container.label)
        let files = container.environmentFiles ?? []
        if files.count > 10 {
            faults.client(
                "The maximum number of environment files was exceeded. Specify ten or less and try again")
        }
        for file in files {
            checkChoice(file.type ?? "", "environmentFiles.type", ["s3"])
            if ARN(file.value ?? "") == nil { faults.client("Invalid arn syntax") }
            if file.value?.hasSuffix(".env") != true {
                faults.client("Invalid environment file '\(file.value ?? "")': its name must end in .env.")
            }
        }
        let secrets = container.secrets ?? []
        for secret in secrets where (secret.name ?? "").isEmpty || (secret.valueFrom ?? "").isEmpty {
            faults.client("Invalid secret of container '\(container.label)': it needs a name and a valueFrom.")
        }
        if (request.executionRoleArn ?? "").isEmpty, !secrets.isEmpty {
            faults.client(
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'")
        }
    }
}

extension Faults {
    /// Variables of a definition or of an override.
    mutating func checkEnvironment(_ environment: [KeyValuePair]?, of container: String) {
        for variable in environment ?? [] {
            let name = variable.name ?? ""
            // execve knows only "name=value": an "=" in a name or a NUL anywhere would make another variable of it.
            if name.isEmpty || name.contains("=") || name.hasNUL || (variable.value ?? "").hasNUL {
                client(
                    "Invalid environment variable '\(name)' of container '\(container)': "
                        + "a name must not be empty or contain '=', and neither part may contain NUL.")
            }
        }
    }
}

extension String {
    var hasNUL: Bool { utf8.contains(0) }
}
