import BerthCgroups
import BerthLinux
import CBerthPlan
import SystemPackage

/// The shim's record on disk (`berth_record.h`).
enum RecordFile {
    enum Content {
        /// No shim ever began.
        case absent
        /// A shim began and has not finished, or was cut off while it wrote.
        case begun
        case finished(TaskRecord)
    }

    /// Reads `record` in a task's directory.
    static func read(in directory: String) throws(LinuxError) -> Content {
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try SmallFile.readBytes("\(directory)/record", limit: Int(BERTH_RECORD_LIMIT))
        } catch  where error.errno == .noSuchFileOrDirectory {
            return .absent
        }
        var reader = RecordReader(bytes: bytes[...])
        guard let header = reader.take(berth_record.self), header.magic == BERTH_RECORD_MAGIC,
            header.version == BERTH_RECORD_VERSION, header.finished == 1, Int(header.size) <= bytes.count,
            Int(header.size) >= MemoryLayout<berth_record>.size
        else { return .begun }
        let start = MemoryLayout<berth_record>.offset(of: \.size) ?? 0
        guard fnv1a(bytes[start..<Int(header.size)]) == header.checksum else { return .begun }

        var record = TaskRecord(containers: [], finishedAt: Timestamp(header.end), counters: [])
        for _ in 0..<header.container_count {
            guard let container = reader.take(berth_container_record.self) else { return .begun }
            record.containers.append(TaskRecord.Container(container))
        }
        for _ in 0..<header.counter_count {
            guard let counter = reader.take(berth_record_counter.self),
                let content = reader.take(bytes: Int(counter.length))
            else { return .begun }
            record.counters.append(
                CounterReading(
                    name: text(of: counter.name), container: counter.container < 0 ? nil : Int(counter.container),
                    content: String(decoding: content, as: UTF8.self)))
        }
        return .finished(record)
    }

    /// FNV-1a, 64 bits: it tells a torn write, and is no defence.
    private static func fnv1a(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// Takes values off the front of a record, in order.
struct RecordReader {
    private(set) var bytes: ArraySlice<UInt8>

    init(bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// The next value of a C struct, or nil when too little is left.
    mutating func take<Value: BitwiseCopyable>(_: Value.Type) -> Value? {
        guard bytes.count >= MemoryLayout<Value>.size else { return nil }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(as: Value.self) }
        bytes = bytes.dropFirst(MemoryLayout<Value>.stride)
        return value
    }

    /// The next `count` bytes, and the padding to 8 behind them.
    mutating func take(bytes count: Int) -> ArraySlice<UInt8>? {
        guard bytes.count >= count else { return nil }
        let taken = bytes.prefix(count)
        bytes = bytes.dropFirst((count + 7) & ~7)
        return taken
    }
}

/// The NUL-terminated text in a C array of characters.
func text<Characters>(of characters: Characters) -> String {
    withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
}

extension Timestamp {
    init(_ moment: berth_moment) { self.init(realtime: moment.realtime, boottime: moment.boottime) }
}

extension TaskRecord.Container {
    init(_ record: berth_container_record) {
        self.init()
        lostOutputBytes = record.lost_output
        if record.started.realtime != 0 { startedAt = Timestamp(record.started) }
        if record.exited.realtime != 0 { exitedAt = Timestamp(record.exited) }
        switch record.state {
        case UInt32(BERTH_EXITED): status = ExitStatus(record)
        case UInt32(BERTH_FAILED): failure = LaunchFailure(record.failure)
        default: break
        }
    }
}

extension ExitStatus {
    /// From what waitid(2) said.
    init(_ record: berth_container_record) {
        let exited: Int32 = 1  // CLD_EXITED; the others are signals
        self = record.code == exited ? .code(record.status) : .signal(record.status)
    }
}
