import Foundation

extension PriceSheet {
    /// Fargate's prices for Linux on x86 in us-east-1, so that a daemon without a configuration bills as Fargate does.
    ///
    /// The same as `Config/prices/fargate-us-east-1.json`; a test holds the two together. Source: the page "AWS Fargate
    /// pricing", prices per second of US East (N. Virginia).
    public static let fargateUSEast1 = PriceSheet(
        id: "fargate-us-east-1",
        version: "1",
        currency: "USD",
        // 2024-01-01T00:00:00Z
        validFrom: Date(timeIntervalSince1970: 1_704_067_200),
        source: "AWS Fargate pricing, US East (N. Virginia), Linux/x86, per second",
        platform: "linux-x86",
        minimumSeconds: 60,
        includedStorageGiB: 20,
        prices: Prices(
            // In 10^-14: 0.000011244, 0.000001235 and 0.0000000308.
            vcpuSecond: UnitPrice(units: 1_124_400_000),
            gibSecond: UnitPrice(units: 123_500_000),
            storageGiBSecond: UnitPrice(units: 3_080_000)))
}
