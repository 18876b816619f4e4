extension DefinitionCheck {
    /// Ports, names and addresses of one container.
    mutating func checkNetwork(_ container: ContainerDefinition) {
        if isAwsvpc { checkAwsvpc(container) } else { checkNames(container) }
        if let mode = request.networkMode, ["host", "none"].contains(mode), !(container.links ?? []).isEmpty {
            faults.client("Links are not supported when networkMode=\(mode)")
        }
        let mappings = container.portMappings ?? []
        if mappings.count > 100 {
            faults.client("Invalid setting for container '\(container.label)'. It has more than 100 port mappings.")
        }
        if request.networkMode == "none", !mappings.isEmpty {
            faults.client("Port mappings are not supported when networkMode=none")
        }
        for mapping in mappings { check(mapping) }
    }

    /// Names of port mappings are looked up in the whole task.
    mutating func checkPortNames() {
        let names = containers.flatMap { $0.portMappings ?? [] }.compactMap(\.name)
        if Set(names).count != names.count { faults.client("port mapping name is already used") }
    }

    private mutating func checkAwsvpc(_ container: ContainerDefinition) {
        if !(container.links ?? []).isEmpty { faults.client("Links are not supported when networkMode=awsvpc") }
        if !(container.dnsServers ?? []).isEmpty {
            faults.client("DNS servers are not supported on container when networkMode=awsvpc")
        }
        if !(container.dnsSearchDomains ?? []).isEmpty {
            faults.client("DNS search domains are not supported on container when networkMode=awsvpc")
        }
        if !(container.extraHosts ?? []).isEmpty {
            faults.client("Extra hosts are not supported on container when networkMode=awsvpc")
        }
        if !(container.hostname ?? "").isEmpty {
            faults.client("hostname is not supported on container when networkMode=awsvpc")
        }
        if container.disableNetworking == true {
            faults.client("Disable Networking is not supported on container when networkMode=awsvpc")
        }
    }

    private mutating func check(_ mapping: PortMapping) {
        checkChoice(mapping.protocol, "protocol", ["tcp", "udp"])
        checkChoice(mapping.appProtocol, "appProtocol", ["http", "http2", "grpc"])
        if let name = mapping.name, !Self.isPortName(name) {
            faults.client(
                "Invalid port mapping name '\(name)': use 1 to 64 lower-case letters, digits, hyphens and underscores, "
                    + "not beginning with a hyphen.")
        }
        if let range = mapping.containerPortRange {
            if mapping.containerPort != nil || mapping.hostPort != nil {
                faults.client("cannot specify both single port and port range")
            }
            let ends = range.split(separator: "-", omittingEmptySubsequences: false).map { String($0).asDigits ?? 0 }
            if ends.count != 2 || !ends.allSatisfy((1...65535).contains) || ends[0] >= ends[1] {
                faults.client("Invalid 'containerPortRange' setting")
            }
            return
        }
        guard let port = mapping.containerPort, (1...65535).contains(port) else {
            faults.client("Invalid 'containerPort' setting: it must be between 1 and 65535.")
            return
        }
        // Host port 0 asks a bridge for any free port.
        if let hostPort = mapping.hostPort, !(0...65535).contains(hostPort) {
            faults.client("Invalid 'hostPort' setting: it must be between 0 and 65535.")
        }
        if let mode = request.networkMode, ["awsvpc", "host"].contains(mode), let hostPort = mapping.hostPort,
            hostPort != port, hostPort != 0
        {
            faults.client(
                "When networkMode=\(mode), the host ports and container ports in port mappings must match.")
        }
    }

    private static func isPortName(_ name: String) -> Bool {
        name.isName(limit: 64) && name == name.lowercased() && !name.hasPrefix("-")
    }
}
