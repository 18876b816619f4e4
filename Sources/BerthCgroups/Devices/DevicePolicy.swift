/// What the processes of a cgroup may do with devices: rules of which each changes what those before it said.
///
/// A device of which no rule speaks is denied.
public struct DevicePolicy: Hashable, Sendable {
    public var rules: [DeviceRule]

    public init(_ rules: [DeviceRule]) { self.rules = rules }

    /// Every device: what a cgroup has without a policy.
    public static let unconfined = DevicePolicy([DeviceRule(allows: true, .all, nil, nil)])

    /// The devices that every container has: runtime-spec's default devices and the terminals of its own devpts.
    ///
    /// Making other nodes is denied too, though Docker allows it. A node that container root leaves in a shared
    /// directory can be opened by whoever finds it on the host, where no filter of ours is asked; and in a user
    /// namespace, the default here, mknod(2) fails anyway, so no program that runs there is worse off.
    public static let standard = DevicePolicy(
        [
            (1, 3),  // null
            (1, 5),  // zero
            (1, 7),  // full
            (1, 8),  // random
            (1, 9),  // urandom
            (5, 0),  // tty
            (5, 2),  // ptmx
            (136, nil),  // pts
        ].map { DeviceRule(allows: true, .character, $0.0, $0.1) })

    /// What is allowed on one device.
    func access(_ kind: DeviceRule.Kind, major: UInt32, minor: UInt32) -> DeviceRule.Access {
        rules.filter { $0.matches(kind, major: major, minor: minor) }.access
    }
}

extension [DeviceRule] {
    /// What rules leave of the accesses to a device that all of them match.
    var access: DeviceRule.Access {
        reduce(into: []) { allowed, rule in
            if rule.allows { allowed.formUnion(rule.access) } else { allowed.subtract(rule.access) }
        }
    }
}
