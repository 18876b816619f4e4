/// The options of the log driver `awslogs`, read from a checked definition.
public struct AwslogsOptions: Equatable, Sendable {
    /// The names that the driver takes; any other is refused at registration.
    enum Key: String, CaseIterable {
        case group = "awslogs-group"
        case region = "awslogs-region"
        case streamPrefix = "awslogs-stream-prefix"
        case createGroup = "awslogs-create-group"
        case datetimeFormat = "awslogs-datetime-format"
        case multilinePattern = "awslogs-multiline-pattern"
        case mode = "mode"
        case maxBufferSize = "max-buffer-size"
    }

    /// `awslogs-group`, which registration demands.
    public var group: String
    /// `awslogs-region`, which registration demands. Lines stay on this host whatever it names.
    public var region: String
    /// Compulsory on Fargate.
    public var streamPrefix: String?
    /// Whether the driver makes the group when it is not there; without it the task fails to start.
    public var createsGroup: Bool

    /// Nil when the configuration names another driver, or no group.
    public init?(_ configuration: LogConfiguration?) {
        guard let configuration, configuration.logDriver == "awslogs", let options = configuration.options,
            let group = options[Key.group.rawValue]
        else { return nil }
        self.group = group
        region = options[Key.region.rawValue] ?? ""
        streamPrefix = options[Key.streamPrefix.rawValue]
        createsGroup = options[Key.createGroup.rawValue] == "true"
    }

    /// `<prefix>/<container>/<task id>`; without a prefix, container and task alone tell streams apart.
    public func streamName(container: String, taskID: String) -> String {
        guard let streamPrefix, !streamPrefix.isEmpty else { return "\(container)/\(taskID)" }
        return "\(streamPrefix)/\(container)/\(taskID)"
    }

    /// Amazon CloudWatch Logs API reference, CreateLogGroup, `logGroupName`.
    static func isGroupName(_ text: String) -> Bool {
        (1...512).contains(text.utf8.count)
            && text.utf8.allSatisfy { $0.isASCIILetterOrDigit || "_-/.#".utf8.contains($0) }
    }

    /// A number of bytes, or one with k, m or g behind it.
    static func isBufferSize(_ text: String) -> Bool {
        let text = text.lowercased()
        let number = "kmg".contains(text.suffix(1)) && !text.isEmpty ? String(text.dropLast()) : text
        return (number.asDigits ?? 0) > 0
    }
}
