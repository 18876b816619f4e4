extension DefinitionCheck {
    /// Settings that AWS takes for a customer's own machines and that reach into the host. Capabilities are added as far
    /// as the operator allows it; the others no configuration can allow, so each is refused, by name.
    mutating func checkHostPolicy() {
        guard !isFargate else { return }
        if request.networkMode == "host", !policy.allowsHostNetwork { refuse("networkMode 'host'") }
        if request.pidMode == "host" { refuse("pidMode 'host'") }
        if request.ipcMode == "host" { refuse("ipcMode 'host'") }
        for volume in request.volumes ?? [] {
            let name = volume.name ?? ""
            if !(volume.host?.sourcePath ?? "").isEmpty { refuse("host.sourcePath of volume '\(name)'") }
            if volume.dockerVolumeConfiguration != nil { refuse("dockerVolumeConfiguration of volume '\(name)'") }
        }
        for container in containers { checkHostPolicy(container) }
    }

    private mutating func checkHostPolicy(_ container: ContainerDefinition) {
        let settings: [(String, Bool)] = [
            ("privileged", container.privileged == true),
            ("linuxParameters.devices", !(container.linuxParameters?.devices ?? []).isEmpty),
            ("dockerSecurityOptions", !(container.dockerSecurityOptions ?? []).isEmpty),
            ("credentialSpecs", !(container.credentialSpecs ?? []).isEmpty),
            ("resourceRequirements", !(container.resourceRequirements ?? []).isEmpty),
        ]
        for (member, isSet) in settings where isSet { refuse("\(member) of container '\(container.label)'") }
        for name in container.capabilitiesRefused(by: policy) {
            refuse("capability \(name) of container '\(container.label)'")
        }
    }

    private mutating func refuse(_ setting: String) {
        faults.client("The policy of this host does not allow \(setting). Remove it from the task definition.")
    }
}

extension ContainerDefinition {
    /// Capabilities that it adds against a policy; names that are none have a fault of their own.
    func capabilitiesRefused(by policy: HostPolicy) -> [String] {
        (linuxParameters?.capabilities?.add ?? []).filter {
            CapabilityNames.all.contains($0) && !policy.allows(adding: $0)
        }
    }
}
