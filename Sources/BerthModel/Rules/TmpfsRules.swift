extension DefinitionCheck {
    /// File systems in memory: those of the definition, and `/dev/shm`.
    mutating func checkMemoryFileSystems(_ container: ContainerDefinition) {
        var paths = Set((container.mountPoints ?? []).compactMap(\.containerPath).map(Tmpfs.normalized))
        for mount in container.linuxParameters?.tmpfs ?? [] {
            check(mount, of: container.label)
            guard let path = mount.containerPath.map(Tmpfs.normalized) else { continue }
            if !paths.insert(path).inserted {
                faults.client(
                    "Invalid tmpfs of container '\(container.label)': \(path) is mounted twice. Remove one of them.")
            }
        }
        // Fargate refuses any; 0 is as if it were absent.
        if let size = container.linuxParameters?.sharedMemorySize, !isFargate, size != 0, !Self.sizes.contains(size) {
            faults.client("Invalid 'sharedMemorySize' setting for container '\(container.label)': \(size) MiB.")
        }
    }

    private mutating func check(_ mount: Tmpfs, of container: String) {
        let prefix = "Invalid tmpfs of container '\(container)': "
        let path = mount.containerPath ?? ""
        if !path.hasPrefix("/") || !Self.sizes.contains(mount.size ?? 0) {
            faults.client(prefix + "it needs an absolute containerPath and a size of at least 1 MiB.")
        } else if path.hasNUL || path.split(separator: "/").contains("..") {
            faults.client(prefix + "containerPath must not contain '..' or NUL.")
        } else if Self.isReserved(Tmpfs.normalized(path)) {
            faults.client(prefix + "'\(path)' is part of what every container has. Choose another containerPath.")
        }
        for text in mount.mountOptions ?? [] {
            let option = TmpfsOption(text)
            if !TmpfsOption.names.contains(option.name) {
                faults.client(prefix + "unknown mount option '\(text)'.")
            } else if let remedy = option.fault {
                faults.client(prefix + "mount option '\(text)' \(remedy)")
            }
        }
    }

    /// MiB.
    private static let sizes = 1...TaskSize.memoryMiB.upperBound

    /// The root, and what the kernel shows of itself: hiding a part of it undoes what keeps the container in.
    /// `/dev/shm` is memory anyway.
    private static func isReserved(_ path: String) -> Bool {
        if path == "/" { return true }
        let first = path.split(separator: "/").first.map(String.init) ?? ""
        return path != "/dev/shm" && ["proc", "sys", "dev"].contains(first)
    }
}
