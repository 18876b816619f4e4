import BerthOCI

/// What is kept of a container between commands. Whether it runs is not: that is asked of the kernel.
struct ContainerRecord: Equatable {
    var id: String
    var version: String
    var bundle: String
    var root: String
    /// 0 while the container is being created.
    var pid: Int32
    /// When the process began, in clock ticks since boot: with the number it names one process for ever.
    var startTime: UInt64
    /// RFC 3339.
    var created: String
    /// The same path in every hierarchy; nil for a container without.
    var cgroup: String?
    /// Whether its mounts are in the runtime's own namespace, for it has none.
    var sharesMounts: Bool
    var owner: String
    var annotations: [RuntimeConfiguration.Annotation]

    var document: JSONValue {
        .object([
            .init("format", 1), .init("id", .string(id)), .init("ociVersion", .string(version)),
            .init("bundle", .string(bundle)), .init("rootfs", .string(root)), .init("pid", .number(pid)),
            .init("startTime", .number(startTime)), .init("created", .string(created)),
            .init("cgroup", cgroup.map(JSONValue.string) ?? .null), .init("sharesMounts", .bool(sharesMounts)),
            .init("owner", .string(owner)),
            .init("annotations", .object(annotations.map { .init($0.name, .string($0.value)) })),
        ])
    }
}

extension ContainerRecord {
    init(_ document: JSONValue) throws(SpecError) {
        let field = Field(document: document)
        id = try field.member("id").requiredString()
        version = try field.member("ociVersion").requiredString()
        bundle = try field.member("bundle").requiredString()
        root = try field.member("rootfs").requiredString()
        pid = try field.member("pid").requiredInteger()
        startTime = try field.member("startTime").requiredInteger()
        created = try field.member("created").requiredString()
        cgroup = try field.member("cgroup").string()
        sharesMounts = try field.member("sharesMounts").flag()
        owner = try field.member("owner").string() ?? ""
        annotations = []
        for (name, value) in try field.member("annotations").stringMap() {
            annotations.append(.init(name: name, value: value))
        }
    }
}
