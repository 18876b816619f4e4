import Testing

@Suite("The rules of the house")
struct HouseRuleTests {
    @Test("no Foundation in the targets that stay without it")
    func withoutFoundation() throws {
        for file in try SourceTree.files(below: "Sources") where House.withoutFoundation.contains(file.target) {
            let foundation = file.imports.filter { $0.hasPrefix("Foundation") }
            #expect(foundation.isEmpty, "\(file.path) imports \(foundation.joined(separator: ", "))")
        }
    }

    @Test("all C of our own is shorter than 1,500 lines")
    func littleC() throws {
        let c = try SourceTree.files(below: "Sources").filter { $0.path.hasSuffix(".c") }
        let lines = c.flatMap(\.lines).map { $0.drop(while: \.isWhitespace) }
        #expect(lines.count { !$0.isEmpty && !$0.hasPrefix("//") } <= House.mostLinesOfC)
    }

    @Test("no file is longer than 400 lines", arguments: ["Sources", "Tests"])
    func shortFiles(folder: String) throws {
        for file in try SourceTree.files(below: folder) {
            #expect(file.lines.count <= House.longestFile, "\(file.path) has \(file.lines.count) lines: two topics?")
        }
    }

    @Test("what can crash or race has its reason beside it")
    func reasons() throws {
        let hazards = #/fatalError\(|\btry!|@unchecked Sendable|nonisolated\(unsafe\)/#
        for file in try SourceTree.files(below: "Sources") where file.isSwift {
            for (index, line) in file.lines.enumerated() where line.contains(hazards) && !isComment(line) {
                let above = index > 0 ? file.lines[index - 1] : ""
                #expect(
                    line.contains("//") || isComment(above),
                    "\(file.path):\(index + 1): needs a reason on its line or the one above")
            }
        }
    }

    private func isComment(_ line: Substring) -> Bool { line.drop(while: \.isWhitespace).hasPrefix("//") }
}
