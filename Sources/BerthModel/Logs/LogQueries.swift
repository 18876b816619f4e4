/// CloudWatch Logs GetLogEvents.
public struct GetLogEventsRequest: Codable, Equatable, Sendable {
    /// This or ``logGroupIdentifier``, which takes an ARN too.
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    public var logStreamName: String?
    /// Milliseconds since 1970, included; nil means from the first line.
    public var startTime: Int64?
    /// Milliseconds since 1970, not included; nil means to the last line.
    public var endTime: Int64?
    public var nextToken: String?
    /// 1 to 10,000 lines; nil means 10,000. A page ends earlier at 1 MiB.
    public var limit: Int?
    /// Nil means false: the newest lines.
    public var startFromHead: Bool?
    public init() {}
}

/// What GetLogEvents answers; both tokens are always there, and the forward one repeats itself when nothing is new.
public struct LogEventsPage: Equatable, Sendable {
    public var events: [LogEvent]
    public var nextForwardToken: String
    public var nextBackwardToken: String
    public init(events: [LogEvent], nextForwardToken: String, nextBackwardToken: String) {
        self.events = events
        self.nextForwardToken = nextForwardToken
        self.nextBackwardToken = nextBackwardToken
    }
}

/// CloudWatch Logs FilterLogEvents.
public struct FilterLogEventsRequest: Codable, Equatable, Sendable {
    /// This or ``logGroupIdentifier``, which takes an ARN too.
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    /// At most 100, and not together with a prefix; nil means all streams.
    public var logStreamNames: [String]?
    public var logStreamNamePrefix: String?
    /// Milliseconds since 1970, included.
    public var startTime: Int64?
    /// Milliseconds since 1970, not included.
    public var endTime: Int64?
    public var filterPattern: String?
    public var nextToken: String?
    /// 1 to 10,000 lines; nil means 10,000. A page ends earlier at 1 MiB.
    public var limit: Int?
    /// Without effect, as on AWS: lines of all streams are always in one order.
    public var interleaved: Bool?
    public init() {}
}

/// CloudWatch Logs DescribeLogGroups.
public struct DescribeLogGroupsRequest: Codable, Equatable, Sendable {
    public var logGroupNamePrefix: String?
    /// Any part of the name; not together with a prefix.
    public var logGroupNamePattern: String?
    /// 1 to 50; nil means 50.
    public var limit: Int?
    public var nextToken: String?
    public init() {}
}

/// CloudWatch Logs DescribeLogStreams.
public struct DescribeLogStreamsRequest: Codable, Equatable, Sendable {
    /// This or ``logGroupIdentifier``, which takes an ARN too.
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    /// Not together with `LastEventTime`.
    public var logStreamNamePrefix: String?
    /// `LogStreamName` or `LastEventTime`; nil means the first.
    public var orderBy: String?
    public var descending: Bool?
    /// 1 to 50; nil means 50.
    public var limit: Int?
    public var nextToken: String?
    public init() {}
}
