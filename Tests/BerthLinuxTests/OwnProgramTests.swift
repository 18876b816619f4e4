import BerthLinux
import Glibc
import Testing

@Suite("The program of this process", .serialized)
struct OwnProgramTests {
    /// Resident KiB of this process that are of files (proc_pid_status(5)).
    private func fileMemory() throws -> Int {
        let status = try SmallFile.read("/proc/self/status", limit: 1 << 20)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(Int(line.split(whereSeparator: { $0 == " " || $0 == "\t" })[1]))
    }

    /// Bytes of the text, from its mapping.
    private func text() throws -> UnsafeRawBufferPointer {
        let maps = try SmallFile.read("/proc/self/maps", limit: 16 << 20)
        let line = try #require(maps.split(separator: "\n").first { $0.contains(" r-xp ") })
        let ends = line.split(separator: " ")[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: ends[0]), count: Int(ends[1] - ends[0]))
    }

    @Test("is out of memory when it is released, and comes back as it is used")
    func release() throws {
        let text = try text()
        func sum() -> Int { stride(from: 0, to: text.count, by: 4096).reduce(0) { $0 &+ Int(text[$1]) } }
        let before = sum()
        let held = try fileMemory()
        OwnProgram.release()
        // Others that run meanwhile bring back what they use.
        #expect(try fileMemory() < held - text.count / 1024 / 2)
        #expect(sum() == before)
    }
}
