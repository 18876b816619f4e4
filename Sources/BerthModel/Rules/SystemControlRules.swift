extension DefinitionCheck {
    /// Kernel settings of one container (Amazon ECS API reference, `SystemControl`): only those that the kernel keeps for
    /// each network or IPC namespace. Any other would be the host's.
    mutating func checkSystemControls(_ container: ContainerDefinition) {
        for control in container.systemControls ?? [] {
            let name = control.namespace ?? ""
            let value = control.value ?? ""
            if name.isEmpty || value.isEmpty {
                faults.client(
                    "Invalid system control of container '\(container.label)': it needs a namespace and a value.")
                continue
            }
            let prefix = "Invalid system control '\(name)' of container '\(container.label)': "
            switch SystemControlScope(of: name) {
            case nil:
                faults.client(
                    prefix + "use one beginning with net. or fs.mqueue., or one of "
                        + SystemControlScope.ipcNames.sorted().joined(separator: ", ") + ".")
            case .network?:
                if request.networkMode == "host" { faults.client(prefix + "not supported with networkMode 'host'.") }
            case .ipc?:
                if request.ipcMode == "host" { faults.client(prefix + "not supported with ipcMode 'host'.") }
            }
            if !SystemControlScope.isValue(value) {
                faults.client(
                    prefix + "its value may have up to 512 letters, digits, spaces and , . : _ - characters.")
            }
        }
    }
}

/// The namespace that a kernel setting belongs to.
enum SystemControlScope {
    case network
    case ipc

    static let ipcNames: Set<String> = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced",
    ]

    /// Nil for a setting of the whole host and for what is no name. Only the form with dots is taken: one that mixes in
    /// slashes could lead elsewhere than it says.
    init?(of name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        let isName = name.utf8.count <= 255 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(Self.isInName) }
        guard isName, parts.count >= 2 else { return nil }
        if Self.ipcNames.contains(name) || (parts.count == 3 && name.hasPrefix("fs.mqueue.")) {
            self = .ipc
        } else if parts[0] == "net", parts.count >= 3 {
            self = .network
        } else {
            return nil
        }
    }

    /// Numbers, lists and words. No line break, and no `+`: what is behind either was read as another setting by another
    /// runtime (CVE-2022-0811).
    static func isValue(_ text: String) -> Bool {
        text.utf8.count <= 512 && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || " ,.:_-".utf8.contains($0) }
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        byte.isASCIILetterOrDigit || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
}
