import Foundation
import Glibc

/// A checked-in list of lines, of which each is a pattern as fnmatch(3) takes it. `?` and a space before one say that
/// not every kernel has it; lines that begin with `#` are comments.
struct ExpectedView {
    private let required: [String]
    private let optional: [String]

    init(named name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Expected/\(name).txt")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
        required = lines.filter { !$0.hasPrefix("? ") }
        optional = lines.filter { $0.hasPrefix("? ") }.map { String($0.dropFirst(2)) }
    }

    /// Whether the list has a line.
    func allows(_ line: String) -> Bool { (required + optional).contains { Self.matches($0, line) } }

    /// Lines that every kernel has, and that did not come.
    func missing(from lines: [String]) -> [String] {
        required.filter { pattern in !lines.contains { Self.matches(pattern, $0) } }
    }

    private static func matches(_ pattern: String, _ line: String) -> Bool { fnmatch(pattern, line, 0) == 0 }
}
