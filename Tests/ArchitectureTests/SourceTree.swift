import Foundation

/// The checked-out project as text files.
struct SourceTree {
    struct File {
        /// Relative to the project, for example `Sources/BerthLinux/SmallFile.swift`.
        var path: String
        var lines: [Substring]

        init(path: String, text: String) {
            self.path = path
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
        }

        /// The folder below `Sources` or `Tests`.
        var target: String { String(path.split(separator: "/").dropFirst().first ?? "") }

        var isSwift: Bool { path.hasSuffix(".swift") }
        var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }

        /// The modules that a Swift file imports.
        var imports: [String] {
            guard isSwift else { return [] }
            let words =
                #/^\s*(?:@\w+(?:\([^)]*\))?\s+|public\s+|package\s+|internal\s+|private\s+|fileprivate\s+)*import\s+(?:(?:struct|class|enum|func|protocol|typealias|let|var|actor)\s+)?(\w+)/#
            return lines.compactMap { line in line.firstMatch(of: words).map { String($0.1) } }
        }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func manifest() throws -> Manifest {
        Manifest(text: try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8))
    }

    /// All Swift and C files below a folder of the project, by path.
    static func files(below folder: String) throws -> [File] {
        let start = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(atPath: start.path) else { return [] }
        let names = walk.compactMap { $0 as? String }.filter {
            $0.hasSuffix(".swift") || $0.hasSuffix(".c") || $0.hasSuffix(".h")
        }
        return try names.sorted().map { name in
            File(
                path: "\(folder)/\(name)",
                text: try String(contentsOf: start.appending(path: name), encoding: .utf8))
        }
    }
}
