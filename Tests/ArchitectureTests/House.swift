/// The house as the design draws it: a target may import only targets on floors below its own (Docs/architecture.md).
enum House {
    static let floors: [String: Int] = [
        "berth": 5, "berth-oci": 5, "berth-shim": 5, "berth-unpack": 5,
        "BerthAPI": 4,
        "BerthEngine": 3, "BerthRuntime": 3,
        "BerthStore": 2, "BerthImages": 2, "BerthLaunch": 2, "BerthNetwork": 2, "BerthLedger": 2,
        "BerthCgroups": 1, "BerthConfinement": 1, "BerthModel": 1, "BerthOCI": 1, "BerthTrace": 1, "BerthUnpack": 1,
        "BerthLinux": 0, "CBerthLaunch": 0, "CBerthPlan": 0, "CBerthSeal": 0, "CLinux": 0,
        "CArchive": 0, "CCap": 0, "CISAL": 0, "CJSON": 0, "CNettle": 0, "CNftables": 0, "CSeccomp": 0, "CSQLite": 0,
        "CZstd": 0,
    ]

    /// The steps inside a floor: the typed kernel stands on its own C, the launch on its plan; layers are told by digests,
    /// which are values of the image specification.
    static let allowedSideways: Set<Edge> = [
        Edge(from: "BerthLinux", to: "CLinux"), Edge(from: "CBerthLaunch", to: "CBerthPlan"),
        Edge(from: "CBerthSeal", to: "CBerthLaunch"),
        Edge(from: "BerthUnpack", to: "BerthOCI"),
    ]

    /// Programs that only tests run: outside the house.
    static let programsOfTests: Set = ["attacker", "intruder", "killer", "network-victim", "store-victim"]

    /// Targets that start before, or run beside, everything else, and so stay small: no Foundation in them.
    static let withoutFoundation: Set = [
        "berth-oci", "BerthRuntime", "BerthLinux", "BerthCgroups", "BerthConfinement", "BerthLaunch", "BerthOCI",
        "BerthTrace", "BerthUnpack",
    ]

    static let longestFile = 400
    /// Of C that does something: headers declare and comments argue, and neither should be spared.
    static let mostLinesOfC = 1_500

    /// Whether a target may import another.
    static func allows(_ edge: Edge) -> Bool {
        guard let from = floors[edge.from], let to = floors[edge.to] else { return false }
        return to < from || allowedSideways.contains(edge)
    }
}

/// One target that imports another.
struct Edge: Hashable, CustomStringConvertible {
    var from: String
    var to: String

    var description: String {
        "\(from) (floor \(House.floors[from].map(String.init) ?? "?")) imports \(to) (floor \(House.floors[to].map(String.init) ?? "?"))"
    }
}
