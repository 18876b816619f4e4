/// How much one answer holds: the caller's count, and CloudWatch's 1 MiB (API reference, GetLogEvents).
struct PageLimit: Sendable {
    var count: Int

    static let mostEvents = 10_000
    private static let mostBytes = 1 << 20
    /// What an event counts beside its text (API reference, PutLogEvents).
    private static let overhead = 26

    /// Whether a page that has `count` lines of `bytes` in all has room for another line.
    func hasRoom(count: Int, bytes: Int, for line: LogLine) -> Bool {
        // One line always fits, or reading would never go on.
        count == 0 || (count < self.count && bytes + Self.size(line) <= Self.mostBytes)
    }

    /// How many lines at the front must go for the rest to fit on a page; nil when there is room left.
    func surplus(_ lines: [LogLine]) -> Int? {
        var count = 0
        var bytes = 0
        for line in lines.reversed() {
            if !hasRoom(count: count, bytes: bytes, for: line) { return lines.count - count }
            count += 1
            bytes += Self.size(line)
        }
        return count == self.count ? 0 : nil
    }

    static func size(_ line: LogLine) -> Int { line.bytes.count + overhead }
}
