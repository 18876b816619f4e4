/// A container as a bundle's `config.json` describes it: OCI runtime specification 1.0 to 1.3, for Linux.
///
/// Reading is strict where it matters and lenient where the specification says so: a wrong type, a missing field that
/// must be there, a value out of range and anything that Berth does not do is a ``SpecError`` that names the field;
/// members that are not known are ignored.
public struct RuntimeConfiguration: Equatable, Sendable {
    /// As the document has it.
    public var version: String
    public var root: RuntimeRoot
    /// In the order they are made.
    public var mounts: [RuntimeMount] = []
    /// Nil for a container that is only created and entered by `exec`.
    public var process: RuntimeProcess?
    /// At most 64 bytes; needs a UTS namespace, as does the domain's name. Nil leaves what the namespace has.
    public var hostname: String?
    public var domainname: String?
    public var hooks = RuntimeHooks()
    public var annotations: [Annotation] = []
    public var linux = RuntimeLinux()

    /// Something said of the container to whoever asks for its state.
    public struct Annotation: Equatable, Sendable {
        public var name: String
        public var value: String
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// - Throws: ``SpecError`` that names the field.
    public init(_ document: JSONValue) throws(SpecError) {
        let field = Field(document: document)
        try SpecificationVersion.check(field.member("ociVersion"))
        version = try field.member("ociVersion").requiredString()
        root = try RuntimeRoot(field.member("root"))
        mounts = try field.member("mounts").list(RuntimeMount.init)
        process = try field.member("process").decode(RuntimeProcess.init)
        hostname = try field.member("hostname").string().flatMap { $0.isEmpty ? nil : $0 }
        domainname = try field.member("domainname").string().flatMap { $0.isEmpty ? nil : $0 }
        hooks = try RuntimeHooks(field.member("hooks"))
        for (name, value) in try field.member("annotations").stringMap() {
            if name.isEmpty { throw try field.member("annotations").error("has an empty name", "name or remove it") }
            annotations.append(Annotation(name: name, value: value))
        }
        linux = try RuntimeLinux(field.member("linux"))
        for (name, platform) in [
            ("windows", "Windows"), ("solaris", "Solaris"), ("zos", "z/OS"), ("freebsd", "FreeBSD"),
            ("vm", "virtual machine"),
        ] {
            try field.member(name).refuse("\(platform) containers", remedy: "remove it, or use a runtime that does")
        }
        try checkTogether(field)
    }

    /// Rules that concern several parts.
    private func checkTogether(_ field: Field) throws(SpecError) {
        for (name, value) in [("hostname", hostname), ("domainname", domainname)] where value != nil {
            let place = try field.member(name)
            if linux.namespace(.uts) == nil {
                throw place.error(
                    "would change the host's: the container has no UTS namespace",
                    "add {\"type\": \"uts\"} to linux.namespaces, or remove it")
            }
            // __NEW_UTS_LEN of linux/utsname.h.
            if let value, value.utf8.count > 64 { throw place.error("is longer than 64 bytes", "shorten it") }
        }
        for (index, mount) in mounts.enumerated() {
            let needsMapping = mount.options.idMapping != nil && mount.uidMappings.isEmpty
            guard needsMapping && linux.namespace(.user) == nil else { continue }
            throw try field.member("mounts").elements()[index].member("options").error(
                "maps ids, and there is no mapping", "add uidMappings and gidMappings to the mount")
        }
    }
}

/// Where the container's root file system is.
public struct RuntimeRoot: Equatable, Sendable {
    /// Absolute, or relative to the bundle.
    public var path: String
    public var isReadOnly: Bool

    init(_ field: Field) throws(SpecError) {
        guard field.isPresent else { throw field.missing }
        path = try field.member("path").requiredString()
        isReadOnly = try field.member("readonly").flag()
    }
}
