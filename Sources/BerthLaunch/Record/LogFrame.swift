import CBerthPlan

/// The header before each piece of output in a log file that the shim wrote (`berth_log_frame` of `berth_record.h`).
public struct LogFrame: Equatable, Sendable {
    /// Bytes of a header.
    public static let headerSize = MemoryLayout<berth_log_frame>.size

    /// Nanoseconds since 1970 when the shim read the piece.
    public var realtime: UInt64
    /// Bytes of output behind the header.
    public var length: Int
    /// 1 is standard output, 2 is standard error.
    public var stream: UInt8

    /// Reads a header; nil when there are fewer bytes than it has or they are none.
    public init?(_ bytes: ArraySlice<UInt8>) {
        var reader = RecordReader(bytes: bytes)
        guard let frame = reader.take(berth_log_frame.self), frame.stream == 1 || frame.stream == 2 else { return nil }
        realtime = frame.realtime
        length = Int(frame.length)
        stream = frame.stream
    }
}
