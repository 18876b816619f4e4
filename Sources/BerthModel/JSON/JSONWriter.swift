import Foundation

/// Writes JSON as `JSONEncoder` does, in one pass: what `JSONEncoder` first makes a tree of is appended to the text at
/// once. A task is written in a fifth to a half of the time.
///
/// What comes out is the same but for the order of members, which with `JSONEncoder` differs from process to process, and
/// the slash, which needs no escape. What it asks of an `encode(to:)` is that it finishes one container before it goes on
/// with the one around it, as all that the compiler makes do; another throws `EncodingError`.
public struct JSONWriter: Sendable {
    /// How a `Date` is written.
    public enum Dates: Sendable {
        /// As `Date` does by itself: seconds since 2001, to the last bit.
        case secondsSince2001
        /// Seconds since 1970 with three decimals, as AWS sends them: more would be noise of the binary fraction.
        case secondsSince1970
    }

    private let dates: Dates
    private let sortsMembers: Bool

    /// - Parameter sortsMembers: whether the members of objects are in the order of their names, as far as those are ASCII.
    public init(dates: Dates = .secondsSince2001, sortsMembers: Bool = false) {
        self.dates = dates
        self.sortsMembers = sortsMembers
    }

    /// The text of a value.
    ///
    /// - Throws: `EncodingError` for a number that is not finite, or what the value's own code throws.
    public func encode(_ value: some Encodable) throws -> Data { Data(try bytes(of: value)) }

    /// The text of a value.
    ///
    /// - Throws: as ``encode(_:)``.
    public func bytes(of value: some Encodable) throws -> [UInt8] {
        let text = JSONText(dates: dates, sortsMembers: sortsMembers)
        try text.append(value)
        if let fault = text.fault { throw fault }
        return text.bytes
    }
}
