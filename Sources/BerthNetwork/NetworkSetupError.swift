/// Why the host's end of the tasks' network cannot be.
public struct NetworkSetupError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is: `invalid`, `overlap`, `foreignBridge` and `inUse` are for the operator to put right.
    public enum Code: String, Sendable {
        /// A key's value cannot be used.
        case invalid
        /// The subnet is part of a network that the host has already.
        case overlap
        /// A link of the bridge's name is somebody else's.
        case foreignBridge
        /// Tasks still have links.
        case inUse
        /// The kernel refused something: a feature is missing, or a capability.
        case kernel
    }
    public var code: Code
    /// With the key and the remedy.
    public var detail: String

    public init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    public var description: String { detail }
}
