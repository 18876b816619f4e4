// swift-tools-version: 6.2
import PackageDescription

// The house: a target may import only targets on floors below its own (Docs/architecture.md).
// Tests/ArchitectureTests reads this manifest and fails on any other import.

/// Every Swift target is built in Swift 6 mode; a warning is an error.
let swift: [SwiftSetting] = [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)]

/// Our own C: every warning, each an error.
let strictC: [CSetting] = [
    .unsafeFlags([
        "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion", "-Werror",
    ])
]

let package = Package(
    name: "berth",
    products: [
        .executable(name: "berth", targets: ["berth"]),
        .executable(name: "berth-oci", targets: ["berth-oci"]),
        .executable(name: "berth-shim", targets: ["berth-shim"]),
        .executable(name: "berth-unpack", targets: ["berth-unpack"]),
        // For Benchmarks, a package of its own.
        .library(
            name: "BerthHouse",
            targets: [
                "BerthAPI", "BerthCgroups", "BerthConfinement", "BerthEngine", "BerthImages", "BerthLaunch",
                "BerthLedger", "BerthLinux", "BerthModel", "BerthNetwork", "BerthOCI", "BerthStore", "BerthUnpack",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Floor 5: executables
        .executableTarget(
            name: "berth",
            dependencies: [
                "BerthAPI", "BerthEngine", "BerthStore", "BerthImages", "BerthLaunch", "BerthNetwork", "BerthLedger",
                "BerthCgroups", "BerthConfinement", "BerthModel", "BerthOCI", "BerthTrace", "BerthLinux",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: swift),
        // Static and without Foundation: its start is most of what `berth-oci state` costs.
        .executableTarget(
            name: "berth-oci",
            dependencies: ["BerthRuntime", "CBerthSeal"],
            swiftSettings: swift,
            linkerSettings: [
                .unsafeFlags(["-static-executable", "-Xlinker", "--gc-sections", "-Xlinker", "--strip-all"])
            ]),
        // -nostartfiles leaves out Swift's start-up, of which a C program needs nothing: 0.7 MB instead of 7.
        .executableTarget(
            name: "berth-shim",
            dependencies: ["CBerthLaunch"],
            cSettings: strictC,
            linkerSettings: [
                .unsafeFlags([
                    "-static-executable", "-nostartfiles", "-Xlinker", "--gc-sections", "-Xlinker", "--strip-all",
                ])
            ]),

        // One process a layer, so its start counts: without Foundation, and with Swift's runtime in it. ISA-L comes as a
        // shared library only.
        .executableTarget(
            name: "berth-unpack",
            dependencies: ["BerthUnpack", "BerthConfinement", "BerthLinux"],
            swiftSettings: swift,
            linkerSettings: [
                .unsafeFlags([
                    "-static-stdlib", "-Xlinker", "--as-needed", "-Xlinker", "--gc-sections", "-Xlinker", "--strip-all",
                ])
            ]),

        // Floor 4: the wire
        .target(
            name: "BerthAPI",
            dependencies: [
                "BerthEngine", "BerthStore", "BerthImages", "BerthLaunch", "BerthNetwork", "BerthCgroups", "BerthModel",
                "BerthOCI", "BerthTrace",
                "BerthLinux",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: swift),

        // Floor 3: what should run, where and when; the OCI runtime
        .target(
            name: "BerthRuntime",
            dependencies: [
                "BerthLaunch", "BerthOCI", "BerthCgroups", "BerthConfinement", "BerthLinux", "CBerthLaunch",
                "CBerthPlan", "CJSON", "CLinux",
            ],
            swiftSettings: swift),
        .target(
            name: "BerthEngine",
            dependencies: [
                "BerthStore", "BerthImages", "BerthLaunch", "BerthNetwork", "BerthLedger", "BerthCgroups",
                "BerthConfinement", "BerthModel",
                "BerthOCI", "BerthTrace", "BerthLinux",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swift),

        // Floor 2: state, images, launch, money
        .target(
            name: "BerthStore",
            dependencies: ["BerthModel", "BerthTrace", "BerthLinux", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: swift),
        .target(
            name: "BerthImages",
            dependencies: [
                "BerthUnpack", "BerthConfinement", "BerthOCI", "BerthLinux",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: swift),
        .target(
            name: "BerthLaunch",
            dependencies: [
                "BerthCgroups", "BerthConfinement", "BerthTrace", "BerthLinux", "CBerthLaunch", "CBerthPlan", "CLinux",
            ],
            swiftSettings: swift),
        .target(
            name: "BerthNetwork",
            dependencies: [
                "BerthModel", "BerthLinux", "CNftables",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swift),
        .target(
            name: "BerthLedger",
            dependencies: ["BerthModel", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: swift),

        // Floor 1: limits, confinement, layers, values
        .target(name: "BerthCgroups", dependencies: ["BerthLinux"], swiftSettings: swift),
        .target(
            name: "BerthConfinement", dependencies: ["BerthLinux", "CSeccomp", "CCap"], swiftSettings: swift),
        .target(
            name: "BerthUnpack",
            dependencies: [
                "BerthOCI", "BerthLinux", "CArchive", "CISAL", "CNettle", "CZstd",
            ],
            swiftSettings: swift,
            // The archive, of which only the tar reader is taken: the shared library would load XML, Unicode's tables and
            // five ways to compress into every process.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-l:libarchive.a"])]),
        .target(name: "BerthModel", swiftSettings: swift),
        .target(name: "BerthOCI", swiftSettings: swift),
        .target(name: "BerthTrace", dependencies: ["BerthLinux", "CLinux"], swiftSettings: swift),

        // Floor 0: the kernel and system libraries
        .target(
            name: "BerthLinux",
            dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: swift),
        .target(name: "CBerthLaunch", dependencies: ["CBerthPlan"], cSettings: strictC),
        .target(name: "CBerthPlan", cSettings: strictC),
        .target(name: "CBerthSeal", dependencies: ["CBerthLaunch"], cSettings: strictC),
        .target(name: "CLinux", cSettings: strictC),
        .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
        .systemLibrary(name: "CCap", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
        .systemLibrary(name: "CJSON", pkgConfig: "json-c", providers: [.apt(["libjson-c-dev"])]),
        .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
        .systemLibrary(name: "CNftables", pkgConfig: "libnftables", providers: [.apt(["libnftables-dev"])]),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),

        // What tests run inside tasks to break out of them. Static, so that it runs in any root file system.
        .executableTarget(
            name: "attacker",
            path: "Tests/Attacker",
            cSettings: strictC,
            linkerSettings: [
                .unsafeFlags(["-static-executable", "-nostartfiles", "-Xlinker", "--gc-sections"])
            ]),

        // What tests run in the place of berth-unpack, to try what a layer that has taken it over could do.
        .executableTarget(
            name: "intruder",
            dependencies: ["BerthUnpack", "BerthConfinement", "BerthLinux", "CLinux"],
            path: "Tests/Intruder",
            swiftSettings: swift,
            linkerSettings: [.unsafeFlags(["-static-stdlib", "-Xlinker", "--as-needed", "-Xlinker", "--gc-sections"])]),

        // What works on an image store until a test kills it, and what kills it at a system call of choice.
        .executableTarget(
            name: "store-victim", dependencies: ["BerthImages", "BerthOCI"], path: "Tests/StoreVictim",
            swiftSettings: swift),
        .executableTarget(name: "killer", path: "Tests/Killer", cSettings: strictC),
        // The same for the network of tasks.
        .executableTarget(
            name: "network-victim", dependencies: ["BerthNetwork", "BerthStore", "BerthModel"],
            path: "Tests/NetworkVictim", swiftSettings: swift),

        // Tests mirror the house, one folder a target
        .testTarget(name: "ArchitectureTests", swiftSettings: swift),
        .testTarget(
            name: "berthTests",
            dependencies: [
                "berth", "BerthAPI", "BerthEngine", "BerthLaunch", "BerthLinux", "BerthModel",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "BerthRuntimeTests",
            dependencies: [
                "BerthRuntime", "BerthLaunch", "BerthOCI", "BerthCgroups", "BerthConfinement", "BerthLinux",
                "CBerthPlan",
            ],
            swiftSettings: swift),
        .testTarget(
            name: "BerthAPITests",
            dependencies: [
                "BerthAPI", "BerthCgroups", "BerthEngine", "BerthImages", "BerthLinux", "BerthModel", "BerthNetwork",
                "BerthOCI",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swift),
        .testTarget(name: "BerthCgroupsTests", dependencies: ["BerthCgroups", "BerthLinux"], swiftSettings: swift),
        .testTarget(name: "BerthConfinementTests", dependencies: ["BerthConfinement"], swiftSettings: swift),
        .testTarget(
            name: "BerthEngineTests", dependencies: ["BerthEngine", "BerthNetwork", "BerthStore", "BerthModel"],
            swiftSettings: swift),
        .testTarget(
            name: "BerthImagesTests",
            dependencies: [
                "BerthImages", "BerthUnpack", "BerthOCI", "BerthLinux",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swift),
        .testTarget(
            name: "BerthLaunchTests",
            dependencies: ["BerthLaunch", "BerthCgroups", "BerthConfinement", "CBerthLaunch", "CBerthPlan"],
            swiftSettings: swift),
        .testTarget(name: "BerthLedgerTests", dependencies: ["BerthLedger", "BerthModel"], swiftSettings: swift),
        .testTarget(name: "BerthLinuxTests", dependencies: ["BerthLinux"], swiftSettings: swift),
        .testTarget(name: "BerthModelTests", dependencies: ["BerthModel"], swiftSettings: swift),
        .testTarget(
            name: "BerthNetworkTests",
            dependencies: [
                "BerthNetwork", "BerthStore", "BerthModel", "BerthLinux",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: swift),
        .testTarget(name: "BerthOCITests", dependencies: ["BerthOCI"], swiftSettings: swift),
        .testTarget(
            name: "BerthStoreTests",
            dependencies: ["BerthStore", "BerthModel", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: swift),
        .testTarget(name: "BerthTraceTests", dependencies: ["BerthTrace", "BerthLinux"], swiftSettings: swift),
    ]
)
