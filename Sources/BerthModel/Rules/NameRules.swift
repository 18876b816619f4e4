extension DefinitionCheck {
    /// What a container of a customer's own machine may say of names: its own, those of others, and who answers for the
    /// rest. All of it ends up as lines of files.
    mutating func checkNames(_ container: ContainerDefinition) {
        let label = container.label
        if let hostname = container.hostname, !hostname.isEmpty, !Self.isHostname(hostname, limit: 64) {
            faults.client(
                "Invalid hostname '\(hostname)' of container '\(label)': use up to 64 letters, digits, hyphens and dots."
            )
        }
        for link in container.links ?? [] { check(link, of: container) }
        for entry in container.extraHosts ?? [] {
            let (name, address) = (entry.hostname ?? "", entry.ipAddress ?? "")
            if !Self.isHostname(name, limit: 253) || !Self.isAddress(address) {
                faults.client(
                    "Invalid extra host '\(name)' of container '\(label)': it needs a hostname and an ipAddress.")
            }
        }
        for server in container.dnsServers ?? [] where !Self.isAddress(server) {
            faults.client("Invalid DNS server '\(server)' of container '\(label)': use an IP address.")
        }
        for domain in container.dnsSearchDomains ?? [] where !Self.isHostname(domain, limit: 253) {
            faults.client("Invalid DNS search domain '\(domain)' of container '\(label)'.")
        }
    }

    private mutating func check(_ link: String, of container: ContainerDefinition) {
        let parts = link.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let isForm = (1...2).contains(parts.count) && parts.allSatisfy { Self.isHostname($0, limit: 255) }
        guard isForm, parts[0] != container.label, containers.contains(where: { $0.label == parts[0] }) else {
            faults.client(
                "Invalid link '\(link)' of container '\(container.label)': use NAME or NAME:ALIAS with the name of another "
                    + "container of the task definition.")
            return
        }
    }

    private static func isAddress(_ text: String) -> Bool { IPv4Address(text) != nil || IPv6Address(text) != nil }

    /// Letters, digits, hyphens and dots (RFC 1123), and the underscores of containers' names.
    private static func isHostname(_ text: String, limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-._".utf8.contains($0) }
            && text.utf8.first != UInt8(ascii: "-") && text.utf8.first != UInt8(ascii: ".")
    }
}
