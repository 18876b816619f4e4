/// A task definition as callers name it: `family`, `family:revision`, or an ARN with or without the revision.
public struct TaskDefinitionName: Hashable, Sendable {
    public var family: String
    /// Nil means the newest active revision.
    public var revision: Int?

    public init(family: String, revision: Int?) {
        self.family = family
        self.revision = revision
    }

    /// - Parameter notFound: what the operation answers when nothing has that name; AWS words it differently for
    ///   RunTask (``ServiceError/taskDefinitionNotFound``) and DescribeTaskDefinition
    ///   (``ServiceError/unableToDescribeTaskDefinition``). Thrown for another account's ARN and for a text that can be
    ///   no family's name.
    /// - Throws: `notFound`, or `InvalidParameterException` for a missing name or a revision that is no number.
    public init(
        _ text: String?, account: Account, notFound: ServiceError = .taskDefinitionNotFound
    ) throws(ServiceError) {
        guard let text, !text.isEmpty else { throw .invalidParameter("TaskDefinition can not be blank.") }
        var name = text
        if text.hasPrefix("arn:") {
            guard let arn = ARN(text), arn.belongs(to: account), let path = arn.ecsPath(type: "task-definition"),
                path.count == 1
            else { throw notFound }
            name = path[0]
        }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts[0].isName() else { throw notFound }
        family = parts[0]
        if parts.count == 2 {
            guard let number = parts[1].asDigits, number > 0 else {
                throw .invalidParameter("Invalid revision number. Number: \(parts[1])")
            }
            revision = number
        }
    }
}

extension ServiceError {
    /// RunTask: no such task definition.
    public static let taskDefinitionNotFound = ServiceError.client("TaskDefinition not found.")

    /// DescribeTaskDefinition: no such task definition.
    public static let unableToDescribeTaskDefinition = ServiceError.client("Unable to describe task definition.")

    /// StopTask: no such task.
    public static let taskNotFound = ServiceError.invalidParameter("The referenced task was not found.")
}
