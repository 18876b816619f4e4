/// Why an amount, a price sheet or an entry is refused: what was done, to what, what is wrong, and what to do.
public struct LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// For example `read price sheet`.
    public var operation: String
    /// For example `prices.vcpuSecond`, or `entry 17`.
    public var subject: String
    /// A clause, without capital and point.
    public var cause: String
    /// A sentence, or several.
    public var remedy: String

    public init(operation: String, subject: String, cause: String, remedy: String) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
        self.remedy = remedy
    }

    public var description: String { "cannot \(operation): \(subject): \(cause). \(remedy)" }

    /// A result does not fit 128 bits; no bounded task comes near, so it is an input that nobody checked.
    static func overflow(_ operation: String, _ subject: String) -> LedgerError {
        LedgerError(
            operation: operation, subject: subject, cause: "the exact result does not fit 128 bits",
            remedy: "Check the size, the duration and the price.")
    }
}
