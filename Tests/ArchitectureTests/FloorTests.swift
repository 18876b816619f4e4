import Foundation
import Testing

@Suite("The floors of the house")
struct FloorTests {
    @Test("every target of the manifest stands on a floor, and every folder of Sources is a target")
    func everyTargetHasAFloor() throws {
        let targets = Set(try SourceTree.manifest().targets.filter { !$0.isTest }.map(\.name))
            .subtracting(House.programsOfTests)
        #expect(targets.count > 10, "the manifest was not understood")
        for target in targets.sorted() {
            #expect(House.floors[target] != nil, "\(target) has no floor in Tests/ArchitectureTests/House.swift")
        }
        let folders = try FileManager.default.contentsOfDirectory(
            atPath: SourceTree.root.appending(path: "Sources").path)
        for folder in folders.sorted() where !folder.hasPrefix(".") {
            #expect(targets.contains(folder), "Sources/\(folder) is no target of Package.swift")
        }
    }

    @Test("the manifest lets a target stand only on floors below its own")
    func manifestPointsDown() throws {
        for target in try SourceTree.manifest().targets
        where !target.isTest && !House.programsOfTests.contains(target.name) {
            for dependency in target.dependencies {
                let edge = Edge(from: target.name, to: dependency)
                #expect(House.allows(edge), "Package.swift: \(edge)")
            }
        }
    }

    @Test("a file imports only targets below its own, and only those that its target declares")
    func importsPointDown() throws {
        var declared: [String: Set<String>] = [:]
        for target in try SourceTree.manifest().targets { declared[target.name] = Set(target.dependencies) }
        var edges = 0
        for file in try SourceTree.files(below: "Sources") {
            for module in file.imports where House.floors[module] != nil && module != file.target {
                let edge = Edge(from: file.target, to: module)
                #expect(House.allows(edge), "\(file.path): \(edge)")
                #expect(
                    declared[file.target]?.contains(module) == true,
                    "\(file.path) imports \(module), which Package.swift does not list for \(file.target)")
                edges += 1
            }
        }
        #expect(edges > 0, "no import was understood")
    }

    @Test("a test target is named for the target it tests")
    func testsMirrorTheHouse() throws {
        let others: Set = ["ArchitectureTests"]
        for target in try SourceTree.manifest().targets where target.isTest && !others.contains(target.name) {
            #expect(
                target.name.hasSuffix("Tests") && House.floors[String(target.name.dropLast(5))] != nil,
                "\(target.name) mirrors no target of the house")
        }
    }
}

@Suite("The architecture tests themselves")
struct FloorRuleTests {
    @Test(
        "an upward, a sideways and an unknown import are refused, a downward one is not",
        arguments: [
            (Edge(from: "BerthModel", to: "BerthEngine"), false),
            (Edge(from: "BerthStore", to: "BerthImages"), false),
            (Edge(from: "BerthAPI", to: "BerthNowhere"), false),
            (Edge(from: "BerthAPI", to: "BerthEngine"), true),
            (Edge(from: "BerthLinux", to: "CLinux"), true),
        ])
    func directions(edge: Edge, allowed: Bool) {
        #expect(House.allows(edge) == allowed)
    }

    @Test("the manifest's reader finds own targets and leaves products out")
    func readsManifest() {
        let manifest = Manifest(
            text: """
                let package = Package(name: "x", products: [.executable(name: "a", targets: ["a"])], targets: [
                    .executableTarget(
                        name: "a", dependencies: ["B", .product(name: "Out", package: "side"), "C"], swiftSettings: s),
                    .target(name: "B", path: "x"),
                    .testTarget(name: "BTests", dependencies: ["B"]),
                ])
                """)
        #expect(
            manifest.targets == [
                .init(name: "a", isTest: false, dependencies: ["B", "C"]),
                .init(name: "B", isTest: false, dependencies: []),
                .init(name: "BTests", isTest: true, dependencies: ["B"]),
            ])
    }

    @Test("the reader of imports sees attributes, access levels and single declarations")
    func readsImports() {
        let text = """
            import A
            @preconcurrency import B
            public import struct C.D
            @testable  import E
            // import F
            let text = "import G"
            """
        #expect(SourceTree.File(path: "Sources/X/Y.swift", text: text).imports == ["A", "B", "C", "E"])
    }
}
