/// A file system that is mounted into the container (config.md, "Mounts").
public struct RuntimeMount: Equatable, Sendable {
    /// Absolute in the container.
    public var destination: String
    /// A file system type of `/proc/filesystems`; "none" for binds.
    public var type: String
    /// A path of the host for a bind, absolute or relative to the bundle; else what the file system makes of it.
    public var source: String
    public var options: RuntimeMountOptions
    /// Ids of the source and what they are at the destination, when `options.idMapping` asks for it; empty for the
    /// container's own mappings.
    public var uidMappings: [RuntimeIDMapping] = []
    /// There if, and only if, those of users are.
    public var gidMappings: [RuntimeIDMapping] = []

    public init(destination: String, type: String, source: String, options: RuntimeMountOptions) {
        self.destination = destination
        self.type = type
        self.source = source
        self.options = options
    }

    init(_ field: Field) throws(SpecError) {
        let place = try field.member("destination")
        let destination = try place.requiredString()
        // Relative destinations are deprecated, and mean what they would with a slash in front.
        self.destination = destination.hasPrefix("/") ? destination : "/" + destination
        options = try RuntimeMountOptions(field.member("options"))
        type = try field.member("type").string() ?? ""
        source = try field.member("source").string() ?? ""
        if options.bind != nil && source.isEmpty { throw try field.member("source").missing }
        if options.bind == nil && !options.isRemount && type.isEmpty {
            throw SpecError(
                try field.member("type").path, problem: "is missing, and the options do not say bind or rbind",
                remedy: "write a file system type such as tmpfs, or the option rbind")
        }
        if type == "bind" && options.bind == nil { options.bind = .single }
        uidMappings = try field.member("uidMappings").list(RuntimeIDMapping.init)
        gidMappings = try field.member("gidMappings").list(RuntimeIDMapping.init)
        try checkMappings(field)
    }

    private mutating func checkMappings(_ field: Field) throws(SpecError) {
        if uidMappings.isEmpty != gidMappings.isEmpty {
            throw try field.member(uidMappings.isEmpty ? "uidMappings" : "gidMappings").missing
        }
        if !uidMappings.isEmpty && options.idMapping == nil { options.idMapping = .single }
        if options.idMapping != nil && options.bind == nil {
            throw try field.member("options").error(
                "maps the ids of what is no bind mount", "remove idmap and the mappings, or make it a bind mount")
        }
    }
}
