extension RuntimeResourceLimits {
    /// Times are microseconds.
    public struct CPU: Equatable, Sendable {
        /// Relative to siblings; 1024 is the kernel's default.
        public var shares: UInt64?
        /// In each period; −1 is unlimited.
        public var quota: Int64?
        /// What may be saved up and used above the quota.
        public var burst: UInt64?
        /// Of the quota.
        public var period: UInt64?
        /// In each ``realtimePeriod``; cgroup v1 alone has them.
        public var realtimeRuntime: Int64?
        public var realtimePeriod: UInt64?
        /// A list such as `0-3,7`.
        public var cpus: String?
        /// NUMA nodes, a list likewise.
        public var mems: String?
        /// 1: runs only when nothing else wants to.
        public var idle: Int64?

        public init() {}

        init(_ field: Field) throws(SpecError) {
            shares = try field.member("shares").integer()
            quota = try field.member("quota").integer(in: -1...Int64.max)
            burst = try field.member("burst").integer()
            period = try field.member("period").integer()
            realtimeRuntime = try field.member("realtimeRuntime").integer()
            realtimePeriod = try field.member("realtimePeriod").integer()
            cpus = try Self.list(field.member("cpus"))
            mems = try Self.list(field.member("mems"))
            idle = try field.member("idle").integer(in: 0...1)
        }

        /// cpuset(7), "List format".
        private static func list(_ field: Field) throws(SpecError) -> String? {
            guard let text = try field.string(), !text.isEmpty else { return nil }
            let isList = text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
                let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
                guard let first = ends.first ?? nil, let last = ends.last ?? nil else { return false }
                return ends.count <= 2 && first <= last
            }
            guard isList else { throw field.error("is no list of numbers and ranges", "write for example 0-3,7") }
            return text
        }
    }
}
