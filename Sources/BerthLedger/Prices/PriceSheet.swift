import Foundation

/// The prices of one platform, valid from one moment on. A sheet that has priced a task never changes: a new price is a
/// new version.
///
/// Prices are per second and never derived from another unit: Fargate's hourly and secondly prices are different
/// numbers (0.04048 / 3600 has no end).
public struct PriceSheet: Equatable, Sendable {
    /// For example `fargate-us-east-1`.
    public var id: String
    /// Tells sheets of one id apart.
    public var version: String
    /// ISO 4217.
    public var currency: String
    /// Applies to attempts that start at this moment or later.
    public var validFrom: Date
    /// Where the numbers come from.
    public var source: String
    /// Operating system and architecture, as in the SKUs: `linux-x86`, `linux-arm`, `windows-x86`.
    public var platform: String
    /// The least an attempt is charged for; Fargate: 60, Windows 300.
    public var minimumSeconds: Int
    /// GiB of scratch space that cost nothing; Fargate: 20.
    public var includedStorageGiB: Int
    public var prices: Prices

    /// Prices of one unit for one second.
    public struct Prices: Equatable, Sendable {
        public var vcpuSecond: UnitPrice
        /// 1024^3 bytes: Fargate's page writes GB and means this.
        public var gibSecond: UnitPrice
        /// Above what is included.
        public var storageGiBSecond: UnitPrice
        /// A licence by vCPU; nil where there is none.
        public var osLicenceVCPUSecond: UnitPrice?
        /// What a task receives and sends over its network link; nil for no line in the bill. Fargate has no such price: AWS
        /// charges for what leaves a region, elsewhere.
        public var networkReceivedByte: UnitPrice?
        /// As ``networkReceivedByte``.
        public var networkSentByte: UnitPrice?

        public init(
            vcpuSecond: UnitPrice, gibSecond: UnitPrice, storageGiBSecond: UnitPrice,
            osLicenceVCPUSecond: UnitPrice? = nil, networkReceivedByte: UnitPrice? = nil,
            networkSentByte: UnitPrice? = nil
        ) {
            self.vcpuSecond = vcpuSecond
            self.gibSecond = gibSecond
            self.storageGiBSecond = storageGiBSecond
            self.osLicenceVCPUSecond = osLicenceVCPUSecond
            self.networkReceivedByte = networkReceivedByte
            self.networkSentByte = networkSentByte
        }
    }

    public init(
        id: String, version: String, currency: String, validFrom: Date, source: String, platform: String,
        minimumSeconds: Int, includedStorageGiB: Int, prices: Prices
    ) {
        self.id = id
        self.version = version
        self.currency = currency
        self.validFrom = validFrom
        self.source = source
        self.platform = platform
        self.minimumSeconds = minimumSeconds
        self.includedStorageGiB = includedStorageGiB
        self.prices = prices
    }

    /// Id and version, as bills name the sheet.
    public var name: String { "\(id)@\(version)" }

    /// Seconds charged for an attempt: whole seconds, rounded up once, at least ``minimumSeconds``.
    ///
    /// - Parameter nanoseconds: from start of pull to end of task by a monotonic clock. Below zero counts as zero: a
    ///   clock's fault must not become a credit.
    public func billedSeconds(nanoseconds: Int64) -> Int {
        let (whole, rest) = max(0, nanoseconds).quotientAndRemainder(dividingBy: 1_000_000_000)
        return max(minimumSeconds, Int(whole) + (rest > 0 ? 1 : 0))
    }
}
