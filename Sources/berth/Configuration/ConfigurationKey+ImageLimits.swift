import BerthImages

extension ConfigurationKey {
    /// The keys below `images.limits`.
    static let imageLimits: [ConfigurationKey] = [
        ConfigurationKey(
            "images.limits.entries", expects: "a number from 1 to 2147483647", \.imageLimits.maximumEntries
        ) {
            number($0, in: 1...2_147_483_647)
        },
        ConfigurationKey("images.limits.layerMiB", expects: mebibytes, \.imageLimits.maximumBytes, bytes),
        ConfigurationKey("images.limits.fileMiB", expects: mebibytes, \.imageLimits.maximumFileBytes, bytes),
        ConfigurationKey("images.limits.ratio", expects: "a number from 1 to 1000000", \.imageLimits.maximumRatio) {
            number($0, in: 1...1_000_000).map(Int64.init)
        },
        ConfigurationKey("images.limits.ratioFreeMiB", expects: mebibytes, \.imageLimits.ratioFreeBytes, bytes),
        ConfigurationKey("images.limits.depth", expects: "a number from 1 to 2000", \.imageLimits.maximumDepth) {
            number($0, in: 1...2_000)
        },
        ConfigurationKey("images.limits.attributesMiB", expects: mebibytes, \.imageLimits.maximumAttributeBytes) {
            bytes($0).map(Int.init)
        },
    ]

    private static let mebibytes = "MiB, from 1 to 1073741824"

    @Sendable private static func bytes(_ text: String) -> Int64? {
        number(text, in: 1...1_073_741_824).map { Int64($0) << 20 }
    }
}
