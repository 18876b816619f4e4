/// An address's text, put together digit by digit: every task's addresses are written a dozen times.
struct AddressText {
    private var characters: [UInt8] = []

    /// - Parameter capacity: of the longest.
    init(capacity: Int) { characters.reserveCapacity(capacity) }

    var string: String { String(decoding: characters, as: UTF8.self) }

    mutating func put(_ separator: Unicode.Scalar) { characters.append(UInt8(ascii: separator)) }

    /// - Parameter digits: how many there are at least.
    mutating func put(_ number: UInt16, radix: UInt16, digits: Int = 1) {
        var (place, count) = (UInt16(1), 1)
        while number / place >= radix || count < digits {
            place *= radix
            count += 1
        }
        while place > 0 {
            let digit = UInt8(truncatingIfNeeded: number / place % radix)
            characters.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            place /= radix
        }
    }

    /// With a separator between each two.
    mutating func put(
        _ numbers: some Sequence<UInt16>, radix: UInt16, separator: Unicode.Scalar, digits: Int = 1
    ) {
        var isFirst = true
        for number in numbers {
            if !isFirst { put(separator) }
            put(number, radix: radix, digits: digits)
            isFirst = false
        }
    }
}
