/// What the operator of a host allows to definitions of host flavour. Definitions for Fargate are held to Fargate's
/// rules, whatever it says.
public struct HostPolicy: Equatable, Sendable {
    /// Capabilities that may be added to the default ones.
    public enum AllowedCapabilities: Equatable, Sendable {
        case all
        /// Names as ECS writes them, for example `NET_ADMIN`.
        case only(Set<String>)
    }

    /// In a user namespace a capability is one over the task's own namespaces only; but some, `SYS_ADMIN` before all,
    /// open system calls that have let containers out before.
    public var allowedCapabilities: AllowedCapabilities
    /// Whether a task may be in the host's own network (`networkMode: host`), and reach whatever listens there on loopback
    /// addresses alone.
    public var allowsHostNetwork: Bool

    /// Without arguments what Fargate allows, which is ``strict``.
    public init(allowedCapabilities: AllowedCapabilities = .only(["SYS_PTRACE"]), allowsHostNetwork: Bool = false) {
        self.allowedCapabilities = allowedCapabilities
        self.allowsHostNetwork = allowsHostNetwork
    }

    /// As strict as Fargate: what a host allows whose operator has said nothing.
    public static let strict = HostPolicy()

    func allows(adding capability: String) -> Bool {
        switch allowedCapabilities {
        case .all: true
        case .only(let names): names.contains(capability) || CapabilityNames.standard.contains(capability)
        }
    }
}

extension HostPolicy.AllowedCapabilities {
    /// Reads names separated by commas, or `ALL`; nothing allows none. Nil when a name is none of ECS's.
    public init?(parsing text: String) {
        let names = Set(text.split { $0 == "," || $0 == " " }.map(String.init))
        guard names.isSubset(of: CapabilityNames.all) else { return nil }
        self = names.contains(CapabilityNames.every) ? .all : .only(names)
    }
}
