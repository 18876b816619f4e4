import BerthLedger
import Testing

@Suite("Exact decimals")
struct ExactDecimalTests {
    @Test(
        "are printed with all digits and no trailing zeros",
        arguments: [
            ("0", "0"), ("-0", "0"), ("0.00020571", "0.00020571"), ("1.500", "1.5"), ("-12.34", "-12.34"), ("007", "7"),
            ("0.000000000000000000000001", "0.000000000000000000000001"), ("100", "100"),
            ("0.10000000000000000000000000000000000", "0.1"),
        ])
    func roundTrip(text: String, printed: String) throws {
        #expect(try Money(text).description == printed)
        #expect(try Money(printed) == Money(text))
    }

    @Test(
        "refuse what is not a plain decimal",
        arguments: ["", "-", ".", ".5", "5.", "+1", "1e3", " 1", "1 ", "1,5", "0x1", "1.2.3", "--1", "٣", "nan"])
    func refuse(text: String) {
        #expect(throws: LedgerError.self) { try Money(text) }
    }

    @Test("refuse more decimals than they have, and say how many they have")
    func tooFine() {
        let error = #expect(throws: LedgerError.self) { try UnitPrice("0.000000000000001") }
        #expect(error?.description.contains("at most 14 decimals") == true)
    }

    @Test("hold 170 million million and refuse more")
    func edge() throws {
        let largest = try Money("170141183460469.231731687303715884105727")
        #expect(largest.units == Int128.max)
        #expect(largest.description == "170141183460469.231731687303715884105727")
        #expect(throws: LedgerError.self) { try Money("170141183460469.231731687303715884105728") }
        #expect(throws: LedgerError.self) { try Money("99999999999999999999999999999999999999999999") }
        #expect(throws: LedgerError.self) { try largest.adding(Money(units: 1)) }
        #expect(throws: LedgerError.self) { try Money.total([largest, largest]) }
        #expect(try largest.adding(Money(units: -1)) == Money(units: Int128.max - 1))
    }

    @Test("multiply without rounding, and refuse what does not fit")
    func multiply() throws {
        let quantity = try Quantity(ofThousandTwentyFourths: 1, seconds: 1)
        #expect(quantity.description == "0.0009765625")
        #expect(try quantity.priced(UnitPrice(units: 1)).units == 9_765_625)
        #expect(throws: LedgerError.self) { try Quantity(ofWhole: .max, seconds: .max) }
        let year = try Quantity(ofWhole: 1_000_000, seconds: 31_622_400)
        #expect(throws: LedgerError.self) { try year.priced(UnitPrice(units: Int128.max / 2)) }
    }
}
