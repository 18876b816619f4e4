import BerthModel

/// The tokens of GetLogEvents: a place in a log file and a direction.
enum LogToken: Equatable {
    case forward(LogPosition)
    /// Lines before the one that ends here.
    case backward(Int64)

    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts.last?.split(separator: ".").compactMap { Int64($0) } ?? []
        switch (parts.first, parts.count, numbers.count) {
        case ("f", 2, 2): self = .forward(LogPosition(frame: numbers[0], end: numbers[1]))
        case ("b", 2, 1): self = .backward(numbers[0])
        default: throw .invalidParameter("The specified nextToken is invalid.")
        }
        guard numbers.allSatisfy({ $0 >= 0 }) else { throw .invalidParameter("The specified nextToken is invalid.") }
    }

    var text: String {
        switch self {
        case .forward(let position): "f/\(position.frame).\(position.end)"
        case .backward(let end): "b/\(end)"
        }
    }
}

extension ServiceError {
    static let noLogGroup = ServiceError(
        code: "ResourceNotFoundException", message: "The specified log group does not exist.")
    static let noLogStream = ServiceError(
        code: "ResourceNotFoundException", message: "The specified log stream does not exist.")
}

/// The group that a call names, by name or by ARN.
func logGroupName(_ name: String?, _ identifier: String?) throws(ServiceError) -> String {
    if name != nil && identifier != nil {
        throw .invalidParameter("LogGroup name and LogGroup identifier cannot both be specified.")
    }
    guard var group = name ?? identifier, !group.isEmpty else {
        throw .invalidParameter("Either the log group's name or its identifier must be specified.")
    }
    if let range = group.range(of: ":log-group:"), group.hasPrefix("arn:") {
        group = String(group[range.upperBound...])
        if group.hasSuffix(":*") { group.removeLast(2) }
    }
    return group
}
