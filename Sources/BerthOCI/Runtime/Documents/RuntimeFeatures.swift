/// What the runtime does, as others ask for it (features.md).
public enum RuntimeFeatures {
    /// - Parameters:
    ///   - capabilities: those that have a name, as the kernel's header writes them.
    ///   - architectures: what filters can be compiled for.
    public static func document(
        capabilities: [String], architectures: [String], annotations: [(String, String)]
    ) -> JSONValue {
        [
            "ociVersionMin": .string(SpecificationVersion.oldest),
            "ociVersionMax": .string(SpecificationVersion.newest),
            "hooks": .strings(RuntimeHooks.Step.allCases.map(\.rawValue)),
            "mountOptions": .strings(RuntimeMountOptions.known),
            "linux": [
                "namespaces": .strings(
                    RuntimeNamespace.Kind.allCases.filter { $0 != .time }.map(\.rawValue).sorted()),
                "capabilities": .strings(capabilities),
                "cgroup": ["v1": true, "v2": true, "systemd": false, "systemdUser": false, "rdma": true],
                "seccomp": [
                    "enabled": true, "actions": .strings(RuntimeSeccomp.Action.words),
                    "operators": .strings(RuntimeSeccomp.Test.Comparison.allCases.map(\.rawValue)),
                    "archs": .strings(architectures), "knownFlags": .strings(flags), "supportedFlags": .strings(flags),
                ],
                "apparmor": ["enabled": false], "selinux": ["enabled": false],
                "intelRdt": ["enabled": false], "mountExtensions": ["idmap": ["enabled": false]],
                "netDevices": ["enabled": false],
            ],
            "annotations": .object(annotations.map { .init($0.0, .string($0.1)) }),
        ]
    }

    private static let flags = RuntimeSeccomp.Flag.allCases.map(\.rawValue)
}
