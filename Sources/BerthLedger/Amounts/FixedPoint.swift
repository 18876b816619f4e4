/// An exact decimal number: an integer count of 10^-``scale``. There is no rounding anywhere.
///
/// A ``Quantity`` times a ``UnitPrice`` is a ``Money`` because 10 and 14 decimals make 24.
public protocol FixedPoint: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    /// Decimals.
    static var scale: Int { get }
    /// What one such number is called in errors, for example `price`.
    static var noun: String { get }
    /// The number times 10^``scale``.
    var units: Int128 { get }
    /// For a number that is counted in units already; texts are read by ``init(_:)``.
    init(units: Int128)
}

extension FixedPoint {
    public static var zero: Self { Self(units: 0) }

    public static func < (left: Self, right: Self) -> Bool { left.units < right.units }

    /// Reads a plain decimal such as `0.000011244` or `-12`.
    ///
    /// - Throws: ``LedgerError`` for any other form (signs other than `-`, exponents, spaces, bare points), for more
    ///   decimals than ``scale``, and for what does not fit 128 bits.
    public init(_ text: String) throws(LedgerError) {
        func refused(_ cause: String) -> LedgerError {
            LedgerError(
                operation: "read \(Self.noun)", subject: "'\(text)'", cause: cause,
                remedy: "Write digits, a point and at most \(Self.scale) decimals, for example 0.000011244.")
        }
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let parts = text.utf8.dropFirst(isNegative ? 1 : 0)
            .split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x30...0x39).contains($0) } }) else {
            throw refused("it is not a decimal number")
        }
        let decimals = parts.count == 2 ? Array(parts[1]).droppingTrailingZeros : []
        guard decimals.count <= Self.scale else { throw refused("it has more than \(Self.scale) decimals") }
        var units: Int128 = 0
        for digit in Array(parts[0]) + decimals + Array(repeating: 0x30, count: Self.scale - decimals.count) {
            let (tenfold, tooBig) = units.multipliedReportingOverflow(by: 10)
            let (next, over) = tenfold.addingReportingOverflow(Int128(digit - 0x30))
            guard !tooBig, !over else { throw refused("it does not fit 128 bits") }
            units = next
        }
        self.init(units: isNegative ? -units : units)
    }

    /// All digits and no trailing zeros, for example `0.00020571`; a whole number has no point.
    public var description: String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, Self.scale + 1 - digits.utf8.count)) + digits
        let whole = padded.dropLast(Self.scale)
        let decimals = Array(padded.utf8.suffix(Self.scale)).droppingTrailingZeros
        return (units < 0 ? "-" : "") + whole
            + (decimals.isEmpty ? "" : "." + String(decoding: decimals, as: UTF8.self))
    }

    /// - Throws: ``LedgerError`` when the sum does not fit.
    public func adding(_ other: Self) throws(LedgerError) -> Self {
        let (sum, overflow) = units.addingReportingOverflow(other.units)
        if overflow { throw .overflow("add \(Self.noun)", "\(self) + \(other)") }
        return Self(units: sum)
    }

    /// From its text; a JSON number may have been a binary fraction on its way.
    public init(from decoder: any Decoder) throws {
        try self.init(String(from: decoder))
    }

    /// As its text (``description``).
    public func encode(to encoder: any Encoder) throws {
        try description.encode(to: encoder)
    }
}

extension [UInt8] {
    fileprivate var droppingTrailingZeros: [UInt8] {
        Array(prefix(upTo: (lastIndex { $0 != 0x30 } ?? -1) + 1))
    }
}
