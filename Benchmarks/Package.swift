// swift-tools-version: 6.2
import PackageDescription

/// What the compiler calls the package above: its folder, as SwiftPM has it. By that name benchmarks reach what is
/// `package` there, and nothing has to become public for their sake.
let house =
    Context.packageDirectory.split(separator: "/").dropLast().last.map { folder in
        String(folder.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    } ?? "berth"

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]
let insideHouse: [SwiftSetting] = swift + [.unsafeFlags(["-package-name", house])]
let benchmark = Target.Dependency.product(name: "Benchmark", package: "benchmark")
let berth = Target.Dependency.product(name: "BerthHouse", package: "berth")

/// The benchmarks of one part. The plugin knows them by the folder `Benchmarks`, and their thresholds by the part's name.
func benchmarks(_ part: String, _ others: [Target.Dependency] = []) -> Target {
    .executableTarget(
        name: part, dependencies: [benchmark, berth, "Measuring", "Samples"] + others, path: "Benchmarks/\(part)",
        packageAccess: false, swiftSettings: insideHouse,
        plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}

let package = Package(
    name: "Benchmarks",
    dependencies: [
        .package(name: "berth", path: ".."),
        // Without its traits, which load libraries of its makers before every program.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(name: "CAllocations", path: "Allocations", cSettings: [.unsafeFlags(["-O2", "-fno-builtin"])]),
        .target(
            name: "Measuring", dependencies: [benchmark, "CAllocations"], path: "Measuring", swiftSettings: swift),
        .target(name: "Samples", dependencies: [berth], path: "Samples", swiftSettings: swift),
        benchmarks("Codecs"),
        benchmarks("LaunchPlan"),
        benchmarks("Layers"),
        benchmarks("Ledger"),
        benchmarks(
            "Routing",
            [
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        benchmarks("Seccomp"),
        benchmarks("Store"),
    ])
