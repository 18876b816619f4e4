extension DefinitionCheck {
    /// The volumes of the task.
    mutating func checkVolumes() {
        let volumes = request.volumes ?? []
        let names = volumes.compactMap(\.name)
        if Set(names).count != names.count { faults.client("Volume names must be unique within a task definition") }
        if volumes.filter({ $0.configuredAtLaunch == true }).count > 1 {
            faults.client("Only one volume of a task definition can be configuredAtLaunch.")
        }
        for volume in volumes {
            if !(volume.name ?? "").isName() {
                faults.client(
                    "Invalid volume name '\(volume.name ?? "")': "
                        + "use 1 to 255 letters, digits, hyphens and underscores.")
            }
            if let efs = volume.efsVolumeConfiguration { check(efs, of: volume.name ?? "") }
            checkLaunchConfigured(volume)
            let unknownDrivers = [
                ("fsxWindowsFileServerVolumeConfiguration", volume.fsxWindowsFileServerVolumeConfiguration != nil),
                ("s3filesVolumeConfiguration", volume.s3filesVolumeConfiguration != nil),
            ]
            for (member, isSet) in unknownDrivers where isSet {
                faults.client("'\(member)' of volume '\(volume.name ?? "")' is not supported. Remove it.")
            }
            guard isFargate else { continue }
            if !(volume.host?.sourcePath ?? "").isEmpty {
                faults.client("Fargate compatible task definitions do not support sourcePath")
            }
            if volume.dockerVolumeConfiguration != nil {
                faults.client("Fargate compatible task definitions do not support dockerVolumeConfiguration")
            }
        }
    }

    /// Where volumes appear, and whose mounts are shared.
    mutating func checkMounts() {
        let volumes = Set((request.volumes ?? []).compactMap(\.name))
        let names = Set(containers.compactMap(\.name))
        for container in containers {
            for mount in container.mountPoints ?? [] {
                let source = mount.sourceVolume ?? ""
                if !volumes.contains(source) { faults.client("Unknown volume '\(source)'") }
                if mount.containerPath?.hasPrefix("/") != true {
                    faults.client(
                        "Invalid mount point of container '\(container.label)': containerPath must be an absolute path."
                    )
                }
            }
            for source in (container.volumesFrom ?? []).map({ $0.sourceContainer ?? "" }) where !names.contains(source)
            {
                faults.client("Invalid 'volumesFrom' setting. Unknown container: '\(source)'")
            }
        }
    }

    private mutating func checkLaunchConfigured(_ volume: Volume) {
        guard volume.configuredAtLaunch == true else { return }
        let name = volume.name ?? ""
        let isMounted = containers.contains { ($0.mountPoints ?? []).contains { $0.sourceVolume == name } }
        if !isMounted { faults.client("Volumes [\(name)] are not referenced by any of the containers") }
    }

    private mutating func check(_ efs: EFSVolumeConfiguration, of volume: String) {
        let prefix = "Invalid EFS volume '\(volume)': "
        if (efs.fileSystemId ?? "").isEmpty { faults.client(prefix + "it needs a fileSystemId.") }
        checkChoice(efs.transitEncryption, "transitEncryption", ["ENABLED", "DISABLED"])
        checkChoice(efs.authorizationConfig?.iam, "authorizationConfig.iam", ["ENABLED", "DISABLED"])
        let isEncrypted = efs.transitEncryption == "ENABLED"
        let hasAccessPoint = !(efs.authorizationConfig?.accessPointId ?? "").isEmpty
        if !isEncrypted, hasAccessPoint || efs.authorizationConfig?.iam == "ENABLED" || efs.transitEncryptionPort != nil
        {
            faults.client(prefix + "an access point, IAM and a transitEncryptionPort need transitEncryption ENABLED.")
        }
        if hasAccessPoint, !["", "/"].contains(efs.rootDirectory ?? "") {
            faults.client(prefix + "with an access point, rootDirectory must be absent or /.")
        }
    }
}
