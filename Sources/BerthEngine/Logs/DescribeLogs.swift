import BerthLaunch
import BerthModel
import BerthStore

extension Engine {
    /// Groups in alphabetical order.
    public func describeLogGroups(_ request: DescribeLogGroupsRequest) async throws -> Page<LogGroup> {
        let size = try Self.pageSize(request.limit)
        let after = try PageToken.after(request.nextToken, of: "DescribeLogGroups")
        if request.logGroupNamePattern != nil && request.logGroupNamePrefix != nil {
            throw ServiceError.invalidParameter(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        }
        let account = configuration.account
        let rows: [StoredLogGroup]
        if let pattern = request.logGroupNamePattern {
            rows = try await groups(containing: pattern, after: after, limit: size + 1)
        } else {
            let prefix = request.logGroupNamePrefix ?? ""
            rows = try await store.read { try $0.logGroups(prefix: prefix, after: after, limit: size + 1) }
        }
        let groups = rows.prefix(size).map { row in
            let arn = account.logGroupARN(row.name)
            return LogGroup(
                logGroupName: row.name, creationTime: row.created, arn: arn + ":*", logGroupArn: arn,
                storedBytes: row.bytes)
        }
        let token =
            rows.count > size
            ? groups.last.map { PageToken(list: "DescribeLogGroups", after: $0.logGroupName).text } : nil
        return Page(items: groups, nextToken: token)
    }

    private func groups(containing pattern: String, after: String?, limit: Int) async throws -> [StoredLogGroup] {
        try await store.read { reader in
            var found: [StoredLogGroup] = []
            var last = after
            while found.count < limit {
                let rows = try reader.logGroups(prefix: "", after: last, limit: 500)
                found += rows.filter { $0.name.contains(pattern) }
                guard rows.count == 500 else { break }
                last = rows.last?.name
            }
            return Array(found.prefix(limit))
        }
    }

    /// Streams of a group, by name or by the time something was last printed.
    public func describeLogStreams(_ request: DescribeLogStreamsRequest) async throws -> Page<LogStream> {
        let group = try logGroupName(request.logGroupName, request.logGroupIdentifier)
        let size = try Self.pageSize(request.limit)
        let byTime = request.orderBy == "LastEventTime"
        guard byTime || request.orderBy == nil || request.orderBy == "LogStreamName" else {
            throw ServiceError.invalidParameter(
                "Invalid orderBy '\(request.orderBy ?? "")': use LogStreamName or LastEventTime.")
        }
        let prefix = request.logStreamNamePrefix ?? ""
        if byTime && !prefix.isEmpty {
            throw ServiceError.invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")
        }
        let list = "DescribeLogStreams/\(byTime)"
        let after = try PageToken.after(request.nextToken, of: list)
        let descending = request.descending ?? false
        let place = after?.split(separator: ".").compactMap { Int64($0) } ?? []
        let (found, rows) = try await store.read { reader in
            guard try reader.logGroup(group) != nil else { return (false, [StoredLogStream]()) }
            if byTime {
                let last = place.count == 2 ? (last: place[0], sequence: place[1]) : nil
                return (
                    true,
                    try reader.logStreamsByTime(group: group, after: last, descending: descending, limit: size + 1)
                )
            }
            return (
                true,
                try reader.logStreams(
                    group: group, prefix: prefix, after: after, descending: descending, limit: size + 1)
            )
        }
        guard found else { throw ServiceError.noLogGroup }
        let page = Array(rows.prefix(size))
        let token = rows.count > size ? page.last.map { byTime ? "\($0.last).\($0.sequence)" : $0.name } : nil
        let arn = configuration.account.logGroupARN(group)
        let streams = await logReaders.run { page.map { LogStream($0, groupARN: arn) } }
        return Page(items: streams, nextToken: token.map { PageToken(list: list, after: $0).text })
    }

    /// CloudWatch's pages of groups and streams have at most 50 items.
    private static func pageSize(_ limit: Int?) throws(ServiceError) -> Int { try PageToken.pageSize(limit, limit: 50) }
}

extension LogStream {
    /// Reads the head of the file for the time of the first line.
    fileprivate init(_ row: StoredLogStream, groupARN: String) {
        self.init(logStreamName: row.name, creationTime: row.created, arn: "\(groupARN):log-stream:\(row.name)")
        storedBytes = row.bytes
        guard let reader = try? FrameReader(row.path), let first = try? reader.next() else { return }
        firstEventTimestamp = Int64(first.frame.realtime / 1_000_000)
        let last = row.ended == nil ? FileStatus.modified(row.path) ?? row.last : row.last
        lastEventTimestamp = last
        lastIngestionTime = last
    }
}
