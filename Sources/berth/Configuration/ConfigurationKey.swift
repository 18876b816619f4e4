import BerthAPI
import BerthImages
import BerthLaunch
import BerthModel
import BerthOCI
import Foundation
import Logging

/// One key of the configuration file: where it stands, what it takes, and what it sets.
struct ConfigurationKey: Sendable {
    /// With its section, for example `cgroup.driver`.
    var name: String
    /// Completes "must be".
    var expects: String
    /// Gives false for a value that it does not take.
    var set: @Sendable (_ value: String, inout Configuration) -> Bool

    /// Every key there is.
    static let all = general + imageLimits + network

    /// In the order of `Config/berth.yaml`.
    private static let general: [ConfigurationKey] = [
        ConfigurationKey("root", expects: "an absolute path, such as /var/lib/berth", \.root, absolutePath),
        ConfigurationKey("listen", expects: "HOST:PORT, such as 127.0.0.1:8466", \.listen) {
            try? ListenAddress(parsing: $0)
        },
        ConfigurationKey("region", expects: "a region's name, such as us-east-1", \.region, region),
        ConfigurationKey("account", expects: "twelve digits in quotes, such as \"000000000000\"", \.account, account),
        ConfigurationKey(
            "logLevel", expects: "one of \(Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))", \.logLevel
        ) { Logger.Level(rawValue: $0) },
        ConfigurationKey("shim", expects: "an absolute path, or empty", \.shim, pathOrEmpty),
        ConfigurationKey("unpacker", expects: "an absolute path, or empty", \.unpacker, pathOrEmpty),
        ConfigurationKey("priceSheet", expects: "an absolute path, or empty", \.priceSheet, pathOrEmpty),
        ConfigurationKey(
            "cgroupRoot", expects: "an absolute path such as /berth/main, or empty", \.cgroupRoot, pathOrEmpty),
        ConfigurationKey(
            "capacity.cpuUnits", expects: "units of which 1024 are one CPU, or 0 for all", \.capacityCPU, amountOrAll),
        ConfigurationKey("capacity.memoryMiB", expects: "MiB, or 0 for all", \.capacityMemory, amountOrAll),
        ConfigurationKey("tasks.processes", expects: "a number from 1 to 4194304", \.taskProcesses) {
            number($0, in: 1...4_194_304)
        },
        ConfigurationKey("tasks.retentionDays", expects: "a number from 1 to 3650", \.retentionDays) {
            number($0, in: 1...3_650)
        },
        ConfigurationKey("tasks.parked", expects: "a number from 0 to 64", \.parkedSandboxes) {
            number($0, in: 0...64)
        },
        ConfigurationKey("tasks.firstHostID", expects: "a number from 65536 to 2147418112", \.firstHostID) {
            number($0, in: 65_536...2_147_418_112)
        },
        ConfigurationKey("tasks.hostIDRanges", expects: "a number from 1 to 32767", \.hostIDRanges) {
            number($0, in: 1...32_767)
        },
        ConfigurationKey(
            "tasks.userNamespace",
            expects: "auto, or keep-id:uid=UID,gid=GID with ids from \(ids.lowerBound) to \(ids.upperBound)",
            \.userNamespace
        ) { UserNamespace(parsing: $0) },
        ConfigurationKey(
            "tasks.allowedCapabilities",
            expects: "names such as SYS_PTRACE,NET_ADMIN in ECS's spelling, ALL, or empty", \.allowedCapabilities
        ) { HostPolicy.AllowedCapabilities(parsing: $0) },
        ConfigurationKey("images.pullPolicy", expects: "always, missing or never", \.pullPolicy) {
            PullPolicy(rawValue: $0)
        },
        ConfigurationKey(
            "registries.insecure", expects: "hosts such as registry.local:5000 parted by commas, or empty",
            \.insecureRegistries, RegistryHosts.list),
        ConfigurationKey(
            "registries.certificates", expects: "absolute paths of directories parted by commas, or empty",
            \.registryCertificates, absolutePaths),
        ConfigurationKey(
            "registries.mirrors", expects: "REGISTRY=HOST or REGISTRY=HOST/PATH parted by commas, or empty",
            \.registryMirrors
        ) { RegistryMirrors(parsing: $0) },
        ConfigurationKey(
            "registries.credentials", expects: "an absolute path, or empty", \.registryCredentials, pathOrEmpty),
        ConfigurationKey("registries.secrets", expects: "an absolute path, or empty", \.registrySecrets, pathOrEmpty),
        ConfigurationKey("registry.createOnPush", expects: "true or false", \.createsOnPush) { Bool($0) },
        ConfigurationKey(
            "registry.names", expects: "names such as registry.example.com,10.0.0.5:8466 parted by commas, or empty",
            \.registryNames, registryNames),
        ConfigurationKey("images.keepBlobs", expects: "true or false", \.keepBlobs) { Bool($0) },
        ConfigurationKey("images.maximumGiB", expects: "GiB, or 0 for all", \.imagesMaximumGiB) {
            number($0, in: 0...(1 << 30)).map { $0 == 0 ? nil : $0 }
        },
        ConfigurationKey("images.unusedDays", expects: "days up to 36500, or 0 for ever", \.imagesUnusedDays) {
            number($0, in: 0...36_500).map { $0 == 0 ? nil : $0 }
        },
        ConfigurationKey(
            "images.collectionMinutes", expects: "a number from 1 to 10080", \.imagesCollectionMinutes
        ) { number($0, in: 1...10_080) },
    ]

    private static let ids = KeptIDs.possible

    init<Value>(
        _ name: String, expects: String, _ member: WritableKeyPath<Configuration, Value> & Sendable,
        _ read: @escaping @Sendable (String) -> Value?
    ) {
        self.name = name
        self.expects = expects
        set = { text, configuration in
            guard let value = read(text) else { return false }
            configuration[keyPath: member] = value
            return true
        }
    }

    @Sendable private static func absolutePath(_ text: String) -> String? { text.first == "/" ? text : nil }

    @Sendable static func pathOrEmpty(_ text: String) -> String?? {
        text.isEmpty ? .some(nil) : absolutePath(text).map { .some($0) }
    }

    @Sendable private static func absolutePaths(_ text: String) -> [String]? {
        let paths = RegistryHosts.split(text)
        return paths.allSatisfy { $0.first == "/" } ? paths : nil
    }

    @Sendable private static func region(_ text: String) -> String? {
        !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") } ? text : nil
    }

    @Sendable private static func account(_ text: String) -> String? {
        text.count == 12 && text.allSatisfy { $0.isASCII && $0.isNumber } ? text : nil
    }

    @Sendable private static func amountOrAll(_ text: String) -> Int?? {
        guard let value = number(text, in: 0...(1 << 40)) else { return nil }
        return value == 0 ? .some(nil) : .some(value)
    }

    @Sendable private static func registryNames(_ text: String) -> [String]? {
        let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        // A reference shows whether a text can be a registry: what has no dot and no port would be read as a path.
        return names.allSatisfy { (try? Reference("\($0)/name"))?.domain == $0 } ? names : nil
    }

    @Sendable static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        Int(text).flatMap { range.contains($0) ? $0 : nil }
    }
}
