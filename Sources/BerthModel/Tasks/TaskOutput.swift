/// A piece of what a container printed, exactly as it printed it.
public struct TaskOutput: Equatable, Sendable {
    /// Where it was printed.
    public enum Stream: UInt8, Codable, Sendable {
        case stdout = 1
        case stderr = 2
    }

    /// Its name.
    public var container: String
    public var stream: Stream
    /// Milliseconds since 1970, when the shim read it.
    public var timestamp: Int64
    /// Any bytes, not only whole lines and not only UTF-8.
    public var bytes: [UInt8]

    public init(container: String, stream: Stream, timestamp: Int64, bytes: [UInt8]) {
        self.container = container
        self.stream = stream
        self.timestamp = timestamp
        self.bytes = bytes
    }
}
