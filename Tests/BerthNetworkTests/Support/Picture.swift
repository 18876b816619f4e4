import BerthLinux

@testable import BerthNetwork

/// What a host has, to be compared.
struct Picture: Equatable {
    var links: [String]
    var addresses: [[UInt8]]
    var neighbours: [[UInt8]]
    var ruleset: String

    init(_ host: TestNamespace) async throws {
        links = try await host.links().map(\.name).sorted()
        addresses = try await host.addresses().map(\.address).sorted { $0.lexicographicallyPrecedes($1) }
        neighbours = try await host.neighbours().filter(\.isPermanent).map(\.address)
            .sorted { $0.lexicographicallyPrecedes($1) }
        // Whom connections were counted of is in a set until the kernel looks after it.
        var isCount = false
        ruleset = try await host.ruleset().split(separator: "\n").filter { line in
            if line.hasPrefix("\tset connections") { isCount = true }
            defer { if line == "\t}" { isCount = false } }
            return !isCount
        }.joined(separator: "\n")
    }
}
