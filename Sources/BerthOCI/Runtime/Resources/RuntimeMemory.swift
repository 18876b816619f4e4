extension RuntimeResourceLimits {
    /// Bytes each; −1 is unlimited.
    public struct Memory: Equatable, Sendable {
        /// The hard limit.
        public var limit: Int64?
        /// The soft limit.
        public var reservation: Int64?
        /// Memory and swap together.
        public var swap: Int64?
        /// Refused on cgroup v2, which counts it in ``limit``; so is that of sockets.
        public var kernel: Int64?
        public var kernelTCP: Int64?
        /// 0 to 100.
        public var swappiness: UInt64?
        /// True is refused on cgroup v2.
        public var disableOOMKiller: Bool?
        /// Whether lowering the limit below what is used is refused.
        public var checkBeforeUpdate = false

        public init() {}

        init(_ field: Field) throws(SpecError) {
            limit = try field.member("limit").integer(in: -1...Int64.max)
            reservation = try field.member("reservation").integer(in: -1...Int64.max)
            swap = try field.member("swap").integer(in: -1...Int64.max)
            kernel = try field.member("kernel").integer(in: -1...Int64.max)
            kernelTCP = try field.member("kernelTCP").integer(in: -1...Int64.max)
            swappiness = try field.member("swappiness").integer(in: 0...100)
            disableOOMKiller = try field.member("disableOOMKiller").bool()
            checkBeforeUpdate = try field.member("checkBeforeUpdate").flag()
            // Every cgroup that we make counts what is below it; the opposite is what the kernel has given up.
            if try field.member("useHierarchy").bool() == false {
                throw try field.member("useHierarchy").unsupported("memory accounts without their children")
            }
            if let swap, let limit, limit > 0, swap >= 0, swap < limit, swap != 0 {
                throw try field.member("swap").error(
                    "counts memory and swap together, and is below memory.limit", "write at least \(limit), or -1")
            }
        }
    }
}
