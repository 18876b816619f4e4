/// A log group, in the shape of the CloudWatch Logs API's `LogGroup`; times are milliseconds since 1970.
public struct LogGroup: Codable, Equatable, Sendable {
    public var logGroupName: String
    public var creationTime: Int64
    /// There are no metric filters.
    public var metricFilterCount: Int = 0
    /// The group's with `:*` behind it; ``logGroupArn`` is without.
    public var arn: String
    public var logGroupArn: String
    /// Of the files of the streams whose tasks have stopped.
    public var storedBytes: Int64
    public var logGroupClass: String = "STANDARD"

    public init(logGroupName: String, creationTime: Int64, arn: String, logGroupArn: String, storedBytes: Int64) {
        self.logGroupName = logGroupName
        self.creationTime = creationTime
        self.arn = arn
        self.logGroupArn = logGroupArn
        self.storedBytes = storedBytes
    }
}

/// A log stream: what one container of one task printed; in the shape of the CloudWatch Logs API's `LogStream`, times
/// in milliseconds since 1970.
public struct LogStream: Codable, Equatable, Sendable {
    public var logStreamName: String
    public var creationTime: Int64
    /// Nil as long as nothing was printed.
    public var firstEventTimestamp: Int64?
    /// Of a stream that is still written to, when its file last grew.
    public var lastEventTimestamp: Int64?
    public var lastIngestionTime: Int64?
    /// Nobody uploads here: nil.
    public var uploadSequenceToken: String?
    public var arn: String
    public var storedBytes: Int64 = 0

    public init(logStreamName: String, creationTime: Int64, arn: String) {
        self.logStreamName = logStreamName
        self.creationTime = creationTime
        self.arn = arn
    }
}

/// One line that a container printed.
public struct LogEvent: Codable, Equatable, Sendable {
    /// Unique and stable for ever: followers de-duplicate on it.
    public var eventId: String
    public var logStreamName: String
    /// When the line began, in milliseconds since 1970.
    public var timestamp: Int64
    /// When it was stored, in milliseconds since 1970.
    public var ingestionTime: Int64
    /// The line without its newline.
    public var message: String

    public init(eventId: String, logStreamName: String, timestamp: Int64, ingestionTime: Int64, message: String) {
        self.eventId = eventId
        self.logStreamName = logStreamName
        self.timestamp = timestamp
        self.ingestionTime = ingestionTime
        self.message = message
    }
}
