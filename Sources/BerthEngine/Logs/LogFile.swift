import BerthLaunch
import BerthLinux

/// Where reading goes on: after the line that ends at `end`, with the frame at `frame`.
struct LogPosition: Equatable, Sendable {
    var frame: Int64
    var end: Int64

    static let start = LogPosition(frame: 0, end: 0)

    init(frame: Int64, end: Int64) {
        self.frame = frame
        self.end = end
    }

    /// The place behind a line.
    init(after line: LogLine) { self.init(frame: line.resume, end: line.end) }
}

/// The lines of one log file.
struct LogFile: Sendable {
    var path: String
    /// Whether nothing will be added, so that a line without its newline counts too.
    var isComplete: Bool

    /// Lines one after another, from a position on.
    final class Lines {
        private var reader: FrameReader?
        private var assembler = LineAssembler()
        private let position: LogPosition
        private var isComplete: Bool
        private var ready: ArraySlice<LogLine> = []
        /// Bytes of the file that were gone through.
        private(set) var passed: Int64 = 0

        fileprivate init(_ file: LogFile, from position: LogPosition) throws(LinuxError) {
            self.position = position
            isComplete = file.isComplete
            do throws(LinuxError) {
                reader = try FrameReader(file.path, from: position.frame)
            } catch  where error.errno == .noSuchFileOrDirectory {
                // The container has not started, and perhaps never will.
                reader = nil
            }
        }

        func next() throws(LinuxError) -> LogLine? {
            while ready.isEmpty {
                guard try readFrame() else { return nil }
            }
            return ready.removeFirst()
        }

        /// - Returns: false when there is nothing more.
        private func readFrame() throws(LinuxError) -> Bool {
            var lines: [LogLine] = []
            let seen = position.end
            let emit = { (line: LogLine) in if line.end > seen { lines.append(line) } }
            if let (frame, offset, content) = try reader?.next() {
                passed += Int64(LogFrame.headerSize + frame.length)
                assembler.add(frame, at: offset, content: content, emit)
            } else if isComplete, let end = reader?.offset {
                isComplete = false
                assembler.finish(at: end, emit)
            } else {
                return false
            }
            ready = lines[...]
            return true
        }
    }

    /// Lines from a position on, which ``LogPosition/init(after:)`` gave.
    func lines(from position: LogPosition) throws(LinuxError) -> Lines { try Lines(self, from: position) }
}
