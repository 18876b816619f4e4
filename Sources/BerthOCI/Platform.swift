/// What machine an image is for, in Go's words.
public struct Platform: Codable, Hashable, Sendable, CustomStringConvertible {
    /// GOARCH, for example `amd64`.
    public var architecture: String
    /// GOOS, for example `linux`.
    public var os: String
    /// Of the CPU, for example `v8` of `arm64`.
    public var variant: String?

    public init(architecture: String, os: String, variant: String? = nil) {
        self.architecture = architecture
        self.os = os
        self.variant = variant
    }

    /// The platform this program was built for: the only one whose images it runs.
    public static var host: Platform {
        #if arch(x86_64)
        Platform(architecture: "amd64", os: "linux")
        #elseif arch(arm64)
        Platform(architecture: "arm64", os: "linux")
        #endif
    }

    /// Whether programs for this platform run on `host`.
    ///
    /// The variant is not compared: on amd64 and arm64 it names a CPU generation that images hardly ever state, and
    /// an instruction the CPU lacks shows as SIGILL.
    public func runs(on host: Platform) -> Bool { architecture == host.architecture && os == host.os }

    /// `linux/amd64`, or with its variant `linux/arm64/v8`.
    public var description: String { "\(os)/\(architecture)" + (variant.map { $0.isEmpty ? "" : "/\($0)" } ?? "") }
}
