/// CloudWatch Logs GetLogEvents.
public struct GetLogEventsRequest: Codable, Equatable, Sendable {
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    public var logStreamName: String?
    public var startTime: Int64?
    public var endTime: Int64?
    public var nextToken: String?
    public var limit: Int?
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
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    public var logStreamNames: [String]?
    public var logStreamNamePrefix: String?
    public var startTime: Int64?
    public var endTime: Int64?
    public var filterPattern: String?
    public var nextToken: String?
    public var limit: Int?
    public var interleaved: Bool?
    public init() {}
}

/// CloudWatch Logs DescribeLogGroups.
public struct DescribeLogGroupsRequest: Codable, Equatable, Sendable {
    public var logGroupNamePrefix: String?
    public var logGroupNamePattern: String?
    public var limit: Int?
    public var nextToken: String?
    public init() {}
}

/// CloudWatch Logs DescribeLogStreams.
public struct DescribeLogStreamsRequest: Codable, Equatable, Sendable {
    public var logGroupName: String?
    public var logGroupIdentifier: String?
    public var logStreamNamePrefix: String?
    public var orderBy: String?
    public var descending: Bool?
    public var limit: Int?
    public var nextToken: String?
    public init() {}
}
