import BerthLaunch
import Foundation
import Testing

@testable import BerthEngine

@Suite struct `Log files` {
    private func file(isComplete: Bool = true, _ body: (inout LogWriter) -> Void) throws -> (
        LogFile, TemporaryDirectory
    ) {
        let directory = try TemporaryDirectory()
        var writer = LogWriter()
        body(&writer)
        try writer.write(directory.path + "/log")
        return (LogFile(path: directory.path + "/log", isComplete: isComplete), directory)
    }

    @Test func `a line that came in pieces is one line with the time of its first piece`() throws {
        let (file, directory) = try file { writer in
            writer.print("a")
            writer.print("b", stream: 2)
            writer.print("a\nc\n")
            writer.print("b\n\n", stream: 2)
        }
        let lines = try file.all()
        #expect(lines.map(\.text) == ["aa", "c", "bb", ""])
        #expect(lines.map { $0.timestamp - 1_700_000_000_000 } == [0, 2, 1, 3])
        #expect(Set(lines.map(\.begin)).count == 4)
        withExtendedLifetime(directory) {}
    }

    @Test func `a line without its newline counts once nothing can follow`() throws {
        let (file, directory) = try file { writer in
            writer.print("whole\nhalf")
            writer.print("other half", stream: 2)
        }
        #expect(try file.all().map(\.text) == ["whole", "half", "other half"])
        #expect(try LogFile(path: file.path, isComplete: false).all().map(\.text) == ["whole"])
        withExtendedLifetime(directory) {}
    }

    @Test func `a frame that is cut off or no frame ends the reading`() throws {
        let (file, directory) = try file { $0.print("one\n") }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file.path))
        var more = LogWriter()
        more.print("two\n")
        bytes.append(more.bytes.dropLast(2))
        try bytes.write(to: URL(fileURLWithPath: file.path))
        #expect(try file.all().map(\.text) == ["one"])
        bytes.append(Data(repeating: 0xFF, count: 64))
        try bytes.write(to: URL(fileURLWithPath: file.path))
        #expect(try file.all().count <= 2)
        withExtendedLifetime(directory) {}
    }

    @Test func `a file that is not there has no lines`() throws {
        let file = LogFile(path: "/nonexistent/log", isComplete: true)
        #expect(try file.all().isEmpty)
        #expect(try file.last(before: nil, since: nil, limit: PageLimit(count: 5), isWanted: { _ in true }).isEmpty)
    }

    @Test func `a line longer than an event is split, and nothing of it is lost`() throws {
        let long = String(repeating: "x", count: LineAssembler.longestLine * 2 + 10)
        let (file, directory) = try file { writer in
            for start in stride(from: 0, to: long.count, by: 60_000) {
                writer.print(String(long.dropFirst(start).prefix(60_000)))
            }
            writer.print("\nnext\n")
        }
        let lines = try file.all()
        #expect(lines.map(\.bytes.count) == [LineAssembler.longestLine, LineAssembler.longestLine, 10, 4])
        #expect(lines.prefix(3).map(\.text).joined() == long)
        withExtendedLifetime(directory) {}
    }

    @Test func `a prompt does not wait for ever`() throws {
        let (file, directory) = try file(isComplete: false) { writer in
            writer.print("Password: ", stream: 2)
            for number in 0..<40 { writer.print(String(repeating: "\(number % 10)", count: 40_000) + "\n") }
        }
        let prompt = try file.all().first { $0.text == "Password: " }
        #expect(prompt != nil)
        withExtendedLifetime(directory) {}
    }

    @Test(arguments: [1, 2, 5]) func `pages in either direction give every line once`(seed: UInt64) throws {
        var random = Seeded(seed)
        let (file, directory) = try file { writer in
            // Frames of all sizes, lines that cross them, both streams, long lines, and a prompt now and then.
            while writer.bytes.count < 6 << 20 {
                let isLarge = Int.random(in: 0..<4, using: &random) == 0
                let size = Int.random(in: 1...(isLarge ? 60_000 : 300), using: &random)
                var content = [UInt8](repeating: UInt8.random(in: 97...122, using: &random), count: size)
                for _ in 0..<Int.random(in: 0...(seed == 5 ? 1 : 6), using: &random) {
                    content[Int.random(in: 0..<size, using: &random)] = 10
                }
                writer.print(content, stream: Int.random(in: 0..<9, using: &random) == 0 ? 2 : 1)
            }
        }
        let all = try file.all()
        #expect(Set(all.map(\.begin)).count == all.count)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.end < $1.end })

        // Going on behind any line gives the lines behind it.
        for place in [0, all.count / 3, all.count - 2] {
            let rest = try file.all(from: LogPosition(after: all[place]))
            #expect(rest == Array(all[(place + 1)...]))
        }
        // And pages backwards, put together, are the whole.
        var back: [LogLine] = []
        var end: Int64?
        while true {
            let page = try file.last(before: end, since: nil, limit: PageLimit(count: 10_000), isWanted: { _ in true })
            if page.isEmpty { break }
            back = page + back
            end = page.first?.end
        }
        #expect(back == all)
        withExtendedLifetime(directory) {}
    }
}

/// The same numbers for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
