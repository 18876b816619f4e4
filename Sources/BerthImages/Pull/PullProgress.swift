import BerthOCI

/// How far one layer of a pull is.
public struct PullProgress: Equatable, Sendable {
    /// In their order; a step is left out when there is nothing to do in it.
    public enum Step: String, Codable, Sendable {
        /// Its turn has not come.
        case waiting
        /// Its bytes come in, and are unpacked as they come.
        case downloading
        /// All bytes are here.
        case unpacking
        /// Unpacked.
        case done
        /// It was unpacked before this pull.
        case present
    }

    /// The compressed layer's.
    public var digest: Digest
    /// Compressed bytes of the whole layer.
    public var size: Int64
    /// Compressed bytes that are here, those of an earlier, broken pull among them.
    public var received: Int64
    public var step: Step

    public init(digest: Digest, size: Int64, received: Int64, step: Step) {
        self.digest = digest
        self.size = size
        self.received = received
        self.step = step
    }
}
