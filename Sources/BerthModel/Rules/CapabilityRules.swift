/// The names that a definition may write (Amazon ECS API reference, `KernelCapabilities`): upper case, without `CAP_`.
enum CapabilityNames {
    /// Stands for all of them.
    static let every = "ALL"

    static let all: Set<String> = [
        every, "AUDIT_CONTROL", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",
        "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD",
        "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID",
        "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
    ]

    /// What a container has that asks for nothing, so that adding one of them gives it nothing.
    static let standard: Set<String> = [
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW",
        "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    ]
}

extension DefinitionCheck {
    /// Capabilities that one container adds and drops. Whether the host allows what it adds is ``checkHostPolicy()``'s.
    mutating func checkCapabilities(_ container: ContainerDefinition) {
        guard let capabilities = container.linuxParameters?.capabilities else { return }
        for (member, names) in [("add", capabilities.add ?? []), ("drop", capabilities.drop ?? [])] {
            // Fargate refuses every addition but one by a text of its own, known to it or not.
            if isFargate, member == "add" {
                for name in names where name != "SYS_PTRACE" { faults.client("\(name) is not allowed on Fargate.") }
                continue
            }
            for name in names where !CapabilityNames.all.contains(name) {
                faults.client(
                    "Invalid 'linuxParameters.capabilities.\(member)' setting for container '\(container.label)': "
                        + "'\(name)'. Write a capability as NET_ADMIN is written, or ALL.")
            }
        }
    }
}
