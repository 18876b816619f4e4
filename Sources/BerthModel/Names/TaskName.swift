/// A task as callers name it: its id, or its ARN with or without the cluster in it.
public struct TaskName: Equatable, Sendable {
    /// 32 hexadecimal digits, lower case.
    public var id: String
    /// The cluster that the ARN names; nil for an id alone.
    public var cluster: String?

    /// - Throws: `InvalidParameterException` for a text that can be no task's name, and for another account's ARN.
    public init(_ text: String, account: Account) throws(ServiceError) {
        var path = [text]
        if text.hasPrefix("arn:") {
            guard let arn = ARN(text), let resource = arn.ecsPath(type: "task"), resource.count <= 2 else {
                throw .invalidParameter("Invalid identifier: '\(text)' is not the ARN of a task.")
            }
            guard arn.belongs(to: account) else {
                throw .invalidParameter(
                    "Invalid identifier: Identifier is for \(arn.account) in \(arn.region). "
                        + "Your accountId is \(account.id) in \(account.region)")
            }
            path = resource
        }
        let id = path[path.count - 1]
        guard id.utf8.count == 32 || id.utf8.count == 36 else {
            throw .invalidParameter("taskId length should be one of [32,36]")
        }
        guard id.utf8.allSatisfy(Self.isIdByte) else {
            throw .invalidParameter("Invalid identifier: '\(id)' is not the id of a task.")
        }
        self.id = id
        cluster = path.count == 2 ? path[0] : nil
    }

    /// Hexadecimal digits in lower case, and the hyphens of the old form of 36 characters.
    private static func isIdByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || byte == 0x2D
    }
}
