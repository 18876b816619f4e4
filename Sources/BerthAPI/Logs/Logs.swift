import BerthEngine
import BerthModel

extension JSONService {
    /// Amazon CloudWatch Logs, version 2014-03-28: what tasks printed.
    static func logs(_ engine: Engine) -> JSONService {
        JSONService(
            target: "Logs_20140328",
            name: "logs",
            operations: [
                "DescribeLogGroups": JSONOperation { (input: DescribeLogGroupsRequest, _) in
                    let page = try await engine.describeLogGroups(input)
                    return DescribeLogGroupsReply(logGroups: page.items, nextToken: page.nextToken)
                },
                "DescribeLogStreams": JSONOperation { (input: DescribeLogStreamsRequest, _) in
                    let page = try await engine.describeLogStreams(input)
                    return DescribeLogStreamsReply(logStreams: page.items, nextToken: page.nextToken)
                },
                "GetLogEvents": JSONOperation { (input: GetLogEventsRequest, _) in
                    GetLogEventsReply(try await engine.getLogEvents(input))
                },
                "FilterLogEvents": JSONOperation { (input: FilterLogEventsRequest, _) in
                    let page = try await engine.filterLogEvents(input)
                    return FilterLogEventsReply(events: page.items, nextToken: page.nextToken)
                },
            ])
    }
}

private struct DescribeLogGroupsReply: Encodable {
    var logGroups: [LogGroup]
    var nextToken: String?
}

private struct DescribeLogStreamsReply: Encodable {
    var logStreams: [LogStream]
    var nextToken: String?
}

/// Events here have no id and no stream name, unlike those of FilterLogEvents.
private struct GetLogEventsReply: Encodable {
    struct Event: Encodable {
        var timestamp: Int64
        var message: String
        var ingestionTime: Int64
    }

    var events: [Event]
    var nextForwardToken: String
    var nextBackwardToken: String

    init(_ page: LogEventsPage) {
        events = page.events.map {
            Event(timestamp: $0.timestamp, message: $0.message, ingestionTime: $0.ingestionTime)
        }
        nextForwardToken = page.nextForwardToken
        nextBackwardToken = page.nextBackwardToken
    }
}

private struct FilterLogEventsReply: Encodable {
    var events: [LogEvent]
    /// AWS fills it no more; clients still look for the member.
    var searchedLogStreams: [String] = []
    var nextToken: String?
}
