import BerthLaunch

/// A line that a container printed, and where it stands in the log file.
struct LogLine: Equatable, Sendable {
    /// Offset of its first byte in the file; no other line has it.
    var begin: Int64
    /// Offset behind its last byte; later lines have greater ones.
    var end: Int64
    /// The frame to read from to get the lines behind this one, also those that began before it.
    var resume: Int64
    /// Milliseconds since 1970 when it began.
    var timestamp: Int64
    /// Without its newline.
    var bytes: [UInt8]
}

/// Makes lines of frames: each stream's bytes are put together across frames, and a line counts when it is complete.
///
/// What it makes depends on the file alone, and not on where reading began, so that a line has one identity for ever.
struct LineAssembler {
    /// Longer lines are split; CloudWatch Logs takes no more in an event.
    static let longestLine = 256 << 10
    /// A line that is still open after this many bytes of file is ended there: it bounds how far back reading must
    /// begin.
    static let longestWait: Int64 = 1 << 20

    private struct Open {
        var begin: Int64
        var frame: Int64
        var end: Int64
        var realtime: UInt64
        var bytes: [UInt8]
    }
    /// The unfinished line of each stream: output, error.
    private var open: [Open?] = [nil, nil]
    /// Where each stream's first byte was.
    private(set) var firstByte: [Int64?] = [nil, nil]
    /// Offset behind each stream's first newline.
    private(set) var firstNewline: [Int64?] = [nil, nil]

    /// - Parameters:
    ///   - offset: the frame's place in the file.
    ///   - content: the bytes behind its header.
    mutating func add(_ frame: LogFrame, at offset: Int64, content: ArraySlice<UInt8>, _ emit: (LogLine) -> Void) {
        endOverdue(at: offset, emit)
        let stream = Int(frame.stream) - 1
        let start = offset + Int64(LogFrame.headerSize)
        var rest = content
        if !rest.isEmpty { firstByte[stream] = firstByte[stream] ?? start }
        while !rest.isEmpty {
            let place = start + Int64(rest.startIndex - content.startIndex)
            var line =
                open[stream] ?? Open(begin: place, frame: offset, end: place, realtime: frame.realtime, bytes: [])
            let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
            let room = Self.longestLine - line.bytes.count
            let taken = rest[..<min(newline ?? rest.endIndex, rest.startIndex + room)]
            line.bytes += taken
            let isEnded = newline == taken.endIndex
            rest = rest[(isEnded ? taken.endIndex + 1 : taken.endIndex)...]
            line.end = start + Int64(rest.startIndex - content.startIndex)
            if isEnded { firstNewline[stream] = firstNewline[stream] ?? line.end }
            let isSplit = !isEnded && line.bytes.count == Self.longestLine
            open[stream] = isEnded || isSplit ? nil : line
            if isEnded || isSplit { emit(made(of: line, end: line.end, at: offset)) }
        }
    }

    /// The lines that lack their newline when the file is complete.
    ///
    /// - Parameter offset: the file's end.
    mutating func finish(at offset: Int64, _ emit: (LogLine) -> Void) {
        for stream in open.indices { end(stream, at: offset, emit) }
    }

    private mutating func endOverdue(at offset: Int64, _ emit: (LogLine) -> Void) {
        for stream in open.indices {
            guard let line = open[stream], offset - line.begin > Self.longestWait else { continue }
            end(stream, at: offset, emit)
        }
    }

    /// Ends an unfinished line before the frame at `offset`, or before the file's end.
    private mutating func end(_ stream: Int, at offset: Int64, _ emit: (LogLine) -> Void) {
        guard let line = open[stream] else { return }
        open[stream] = nil
        // Its place in the order is where it was ended, and not its last byte, behind which other lines have ended
        // since. No line ends inside a frame's header, and each stream has an offset of its own there.
        emit(made(of: line, end: offset + 1 + Int64(stream), at: offset))
    }

    private func made(of line: Open, end: Int64, at offset: Int64) -> LogLine {
        LogLine(
            begin: line.begin, end: end, resume: open.compactMap { $0?.frame }.reduce(offset, min),
            timestamp: Int64(line.realtime / 1_000_000), bytes: line.bytes)
    }
}
