/// What is Linux's own in a container's configuration (config-linux.md).
public struct RuntimeLinux: Equatable, Sendable {
    /// At most one of a kind; of a kind that is missing the container stays in the runtime's.
    public var namespaces: [RuntimeNamespace] = []
    /// For a new user namespace, which needs them; so are those of groups.
    public var uidMappings: [RuntimeIDMapping] = []
    public var gidMappings: [RuntimeIDMapping] = []
    /// Beside ``RuntimeDevice/standard``.
    public var devices: [RuntimeDevice] = []
    /// Absolute: below each hierarchy's root; else below the runtime's default; nil: the runtime chooses.
    public var cgroupsPath: String?
    public var resources = RuntimeResourceLimits()
    /// Of the container's root; nil leaves it as a new mount namespace has it.
    public var rootfsPropagation: RuntimeMountOptions.PropagationChange?
    /// Nil for no filter.
    public var seccomp: RuntimeSeccomp?
    /// Names with dots, in order.
    public var sysctl: [Setting] = []
    /// Absolute in the container; nothing is seen there. One that is not there is passed over.
    public var maskedPaths: [String] = []
    /// Absolute in the container. One that is not there is passed over.
    public var readonlyPaths: [String] = []
    /// Nil leaves the runtime's own.
    public var personality: RuntimePersonality?

    /// A kernel parameter.
    public struct Setting: Equatable, Sendable {
        public var name: String
        public var value: String
    }

    public init() {}

    init(_ field: Field) throws(SpecError) {
        namespaces = try field.member("namespaces").list(RuntimeNamespace.init)
        try RuntimeNamespace.checkOnce(namespaces, in: field.member("namespaces"))
        uidMappings = try field.member("uidMappings").list(RuntimeIDMapping.init)
        gidMappings = try field.member("gidMappings").list(RuntimeIDMapping.init)
        devices = try field.member("devices").list(RuntimeDevice.init)
        cgroupsPath = try field.member("cgroupsPath").string().flatMap { $0.isEmpty ? nil : $0 }
        resources = try RuntimeResourceLimits(field.member("resources"))
        rootfsPropagation = try RuntimeMountOptions.propagation(field.member("rootfsPropagation"))
        seccomp = try field.member("seccomp").decode(RuntimeSeccomp.init)
        for (name, value) in try field.member("sysctl").stringMap() { sysctl.append(Setting(name: name, value: value)) }
        maskedPaths = try field.member("maskedPaths").list(Self.path)
        readonlyPaths = try field.member("readonlyPaths").list(Self.path)
        personality = try field.member("personality").decode(RuntimePersonality.init)
        try refuseOthers(field)
        try checkUserNamespace(field)
        try checkSysctl(field.member("sysctl"))
    }

    /// The namespace of a kind, new or joined; nil when the container stays in the runtime's.
    public func namespace(_ kind: RuntimeNamespace.Kind) -> RuntimeNamespace? { namespaces.first { $0.kind == kind } }

    private static func path(_ field: Field) throws(SpecError) -> String {
        guard let path = try field.absolutePath() else { throw field.missing }
        return path
    }

    private func refuseOthers(_ field: Field) throws(SpecError) {
        try field.member("intelRdt").refuse("Intel RDT", remedy: "remove it, or use cpuset and cpu limits")
        try field.member("timeOffsets").refuse("time namespaces")
        try field.member("memoryPolicy").refuse("NUMA memory policies", remedy: "remove it, or set resources.cpu.mems")
        if try !field.member("netDevices").entries().isEmpty {
            throw try field.member("netDevices").unsupported(
                "moving network devices", remedy: "move them in a createRuntime hook")
        }
        if try field.member("mountLabel").string()?.isEmpty == false {
            throw try field.member("mountLabel").unsupported("SELinux labels of mounts")
        }
    }

    private func checkUserNamespace(_ field: Field) throws(SpecError) {
        guard let namespace = namespace(.user) else {
            if uidMappings.isEmpty && gidMappings.isEmpty { return }
            throw try field.member(uidMappings.isEmpty ? "gidMappings" : "uidMappings").error(
                "maps ids without a user namespace", "add {\"type\": \"user\"} to linux.namespaces")
        }
        guard namespace.path == nil else { return }
        if uidMappings.isEmpty { throw try field.member("uidMappings").missing }
        if gidMappings.isEmpty { throw try field.member("gidMappings").missing }
    }
}

/// The execution domain of a process (personality(2)).
public struct RuntimePersonality: Equatable, Sendable {
    /// The raw value is the document's word.
    public enum Domain: String, CaseIterable, Sendable {
        case linux = "LINUX"
        case linux32 = "LINUX32"

        /// PER_ of sys/personality.h.
        public var number: UInt { self == .linux ? 0 : 8 }
    }
    public var domain: Domain

    init(_ field: Field) throws(SpecError) {
        domain = try field.member("domain").requiredWord()
        if let flag = try field.member("flags").elements().first { throw flag.unsupported("flags of personalities") }
    }
}
