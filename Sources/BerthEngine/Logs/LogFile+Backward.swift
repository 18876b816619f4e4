import BerthLaunch
import BerthLinux
import Glibc

extension LogFile {
    /// The last lines before a place that pass a test, in order, as many as a page holds.
    ///
    /// Frames can only be followed forwards, so the file is taken in windows, each beginning earlier than the one
    /// before, until one holds enough.
    ///
    /// - Parameters:
    ///   - end: lines that end here or behind do not count; nil for all.
    ///   - since: nothing older is wanted, in milliseconds since 1970.
    func last(
        before end: Int64?, since: Int64?, limit: PageLimit, isWanted: (LogLine) -> Bool
    ) throws(LinuxError) -> [LogLine] {
        // A task that prints faster than this reads must not keep it from its end.
        let size = FileStatus.of(path)?.st_size ?? 0
        let starts = try windowStarts(before: min(end ?? .max, Int64(size)))
        var back = Self.firstWindow
        while true {
            let first = max(0, starts.count - back)
            guard starts.indices.contains(first) else { return [] }
            let window = try window(
                from: starts[first], size: Int64(size), before: end, since: since, limit: limit, isWanted: isWanted)
            if window.isEnough || first == 0 { return window.lines }
            back *= 2
        }
    }

    private static let step: Int64 = 1 << 20
    /// In steps; it must be more than the two that ``settledFrom(_:start:)`` may take away.
    private static let firstWindow = 4

    /// Places in the file where frames begin, a step apart, up to `end`.
    private func windowStarts(before end: Int64) throws(LinuxError) -> [Int64] {
        let reader: FrameReader
        do throws(LinuxError) {
            reader = try FrameReader(path)
        } catch  where error.errno == .noSuchFileOrDirectory {
            return []
        }
        var starts: [Int64] = [0]
        while try reader.skip(), reader.offset < end {
            if reader.offset - starts[starts.count - 1] >= Self.step { starts.append(reader.offset) }
        }
        return starts
    }

    private func window(
        from start: Int64, size: Int64, before end: Int64?, since: Int64?, limit: PageLimit, isWanted: (LogLine) -> Bool
    ) throws(LinuxError) -> (lines: [LogLine], isEnough: Bool) {
        let reader = try FrameReader(path, from: start)
        var assembler = LineAssembler()
        var found: [LogLine] = []
        var bytesFound = 0
        var isTrimmed = false
        var isOldEnough = false
        var isPast = false
        func take(_ line: LogLine) {
            if let end, line.end >= end { return isPast = true }
            if let since, line.timestamp < since { isOldEnough = true }
            guard isWanted(line) else { return }
            found.append(line)
            bytesFound += PageLimit.size(line)
            // Now and then, so that a long window needs little more memory than a page.
            guard found.count > 2 * PageLimit.mostEvents || bytesFound > 4 << 20, let surplus = limit.surplus(found)
            else { return }
            found.removeFirst(surplus)
            bytesFound = found.reduce(0) { $0 + PageLimit.size($1) }
            isTrimmed = true
        }
        while !isPast, reader.offset < size, let (frame, offset, content) = try reader.next() {
            assembler.add(frame, at: offset, content: content, take)
        }
        if isComplete && !isPast { assembler.finish(at: reader.offset, take) }

        let settled = Self.settledFrom(assembler, start: start)
        let lines = Array(found.drop { $0.end <= settled })
        let isComplete = isTrimmed && lines.count == found.count
        guard let surplus = limit.surplus(lines) else { return (lines, isComplete || isOldEnough) }
        return (Array(lines.dropFirst(surplus)), true)
    }

    /// From where on the lines of a window are those that reading from the file's head gives: a window begins in the
    /// middle of lines.
    private static func settledFrom(_ assembler: LineAssembler, start: Int64) -> Int64 {
        if start == 0 { return 0 }
        return zip(assembler.firstByte, assembler.firstNewline).map { firstByte, firstNewline in
            // A line that was open before the window has been ended by then, whether or not its stream said more.
            let overdue = start + LineAssembler.longestWait
            if firstByte ?? .max > overdue { return overdue + Int64(FrameReader.longestFrame) + 64 }
            return firstNewline ?? .max
        }.max() ?? .max
    }
}
