extension RuntimeResourceLimits {
    /// Shares and limits of disk access.
    public struct BlockIO: Equatable, Sendable {
        /// 10 to 1000.
        public var weight: UInt16?
        /// Weights of single devices, 10 to 1000.
        public var weightDevices: [DeviceValue] = []
        /// Bytes a second.
        public var readBytes: [DeviceValue] = []
        public var writeBytes: [DeviceValue] = []
        /// Operations a second.
        public var readOperations: [DeviceValue] = []
        public var writeOperations: [DeviceValue] = []

        public init() {}

        init(_ field: Field) throws(SpecError) {
            // 0 is what writers put who mean nothing.
            weight = try field.member("weight").integer(in: 0...1000).flatMap { $0 == 0 ? nil : $0 }
            if let weight, weight < 10 {
                throw try field.member("weight").error("must be from 10 to 1000", "write one of that range")
            }
            try Self.refuseLeafWeight(field)
            for device in try field.member("weightDevice").elements() {
                try Self.refuseLeafWeight(device)
                let place = try device.member("weight")
                let weight: UInt16? = try place.integer(in: 0...1000)
                let leafWeight = try device.member("leafWeight")
                if weight == nil && !leafWeight.isPresent { throw place.missing }
                guard let weight, weight != 0 else { continue }
                if weight < 10 { throw place.error("must be from 10 to 1000", "write one of that range") }
                weightDevices.append(try DeviceValue(device, value: "weight"))
            }
            readBytes = try DeviceValue.list(field.member("throttleReadBpsDevice"), value: "rate")
            writeBytes = try DeviceValue.list(field.member("throttleWriteBpsDevice"), value: "rate")
            readOperations = try DeviceValue.list(field.member("throttleReadIOPSDevice"), value: "rate")
            writeOperations = try DeviceValue.list(field.member("throttleWriteIOPSDevice"), value: "rate")
        }

        private static func refuseLeafWeight(_ field: Field) throws(SpecError) {
            if let leaf = try field.member("leafWeight").integer(UInt16.self), leaf != 0 {
                throw try field.member("leafWeight").unsupported("leaf weights, which Linux 5.0 removed")
            }
        }
    }

    /// A value for one block device.
    public struct DeviceValue: Equatable, Sendable {
        public var major: Int64
        public var minor: Int64
        public var value: UInt64

        static func list(_ field: Field, value name: String) throws(SpecError) -> [DeviceValue] {
            try field.list { (element) throws(SpecError) in try DeviceValue(element, value: name) }
        }

        init(_ field: Field, value name: String) throws(SpecError) {
            major = try field.member("major").requiredInteger(in: 0...0xfff)
            minor = try field.member("minor").requiredInteger(in: 0...0xf_ffff)
            value = try field.member(name).requiredInteger()
        }
    }

    /// Which devices the container's processes may use; the last rule that names one decides.
    public struct DeviceRule: Equatable, Sendable {
        /// The raw value is the document's word.
        public enum Kind: String, CaseIterable, Sendable {
            case all = "a"
            case character = "c"
            case block = "b"
        }
        public var allow: Bool
        public var kind: Kind
        /// Nil is any.
        public var major: UInt32?
        public var minor: UInt32?
        /// Which kinds of access the rule is about.
        public var reads: Bool
        public var writes: Bool
        /// Whether it is about mknod(2).
        public var makes: Bool

        public init(
            allow: Bool, kind: Kind, major: UInt32?, minor: UInt32?, reads: Bool = true, writes: Bool = true,
            makes: Bool = true
        ) {
            self.allow = allow
            self.kind = kind
            self.major = major
            self.minor = minor
            self.reads = reads
            self.writes = writes
            self.makes = makes
        }

        init(_ field: Field) throws(SpecError) {
            guard let allow = try field.member("allow").bool() else { throw try field.member("allow").missing }
            self.allow = allow
            let type = try field.member("type")
            kind = try type.string() == "" ? .all : try type.word() ?? .all
            // −1 is what writers put for any.
            major = try field.member("major").integer(Int64.self, in: -1...0xfff).flatMap { UInt32(exactly: $0) }
            minor = try field.member("minor").integer(Int64.self, in: -1...0xf_ffff).flatMap { UInt32(exactly: $0) }
            let place = try field.member("access")
            let access = try place.string().flatMap { $0.isEmpty ? nil : $0 } ?? "rwm"
            if access.contains(where: { !"rwm".contains($0) }) {
                throw place.error("must be made of r, w and m", "write for example rwm")
            }
            (reads, writes, makes) = (access.contains("r"), access.contains("w"), access.contains("m"))
        }
    }
}
