/// An amount of the price sheet's currency, in units of 10^-24.
///
/// 128 bits hold 1.7 × 10^14 of the currency on either side; 32 vCPU for a year are about 2.6 × 10^28 units.
public struct Money: FixedPoint {
    public static let scale = 24
    public static let noun = "amount"
    public let units: Int128
    public init(units: Int128) { self.units = units }

    /// - Throws: ``LedgerError`` when the total does not fit.
    public static func total(_ amounts: some Sequence<Money>) throws(LedgerError) -> Money {
        var total = Money.zero
        for amount in amounts { total = try total.adding(amount) }
        return total
    }
}

/// What one unit of a SKU costs, in units of 10^-14 of the currency.
public struct UnitPrice: FixedPoint {
    public static let scale = 14
    public static let noun = "price"
    public let units: Int128
    public init(units: Int128) { self.units = units }
}

/// How many units of a SKU were reserved, in units of 10^-10: a 1024th has exactly ten decimals.
public struct Quantity: FixedPoint {
    public static let scale = 10
    public static let noun = "quantity"
    public let units: Int128
    public init(units: Int128) { self.units = units }

    /// `count` 1024ths (CPU units of a vCPU, MiB of a GiB) for `seconds`.
    public init(ofThousandTwentyFourths count: Int, seconds: Int) throws(LedgerError) {
        // 1/1024 = 9,765,625 × 10^-10
        try self.init(count, unit: 9_765_625, seconds)
    }

    /// `count` whole ones for `seconds`.
    public init(ofWhole count: Int, seconds: Int) throws(LedgerError) {
        try self.init(count, unit: 10_000_000_000, seconds)
    }

    /// Whole bytes.
    public init(ofBytes count: UInt64) throws(LedgerError) {
        guard let whole = Int(exactly: count) else { throw .overflow("compute quantity", "\(count) bytes") }
        try self.init(whole, unit: 10_000_000_000, 1)
    }

    private init(_ count: Int, unit: Int128, _ seconds: Int) throws(LedgerError) {
        // Two 64-bit numbers always fit 128 bits; the third may not.
        let (units, overflow) = (Int128(count) * Int128(seconds)).multipliedReportingOverflow(by: unit)
        if overflow { throw .overflow("compute quantity", "\(count) for \(seconds) s") }
        self.init(units: units)
    }

    /// The exact price of it.
    public func priced(_ price: UnitPrice) throws(LedgerError) -> Money {
        let (amount, overflow) = units.multipliedReportingOverflow(by: price.units)
        if overflow { throw .overflow("price quantity", "\(self) × \(price)") }
        return Money(units: amount)
    }
}
