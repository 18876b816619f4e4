import Glibc

/// A moment in the two forms that Signature Version 4 uses.
struct AmzTime: Equatable, Sendable {
    /// Seconds since 1970.
    let seconds: Int
    /// Basic ISO 8601, for example `20260131T235959Z`.
    let text: String

    /// `20260131`: the day that a credential scope names.
    var day: Substring { text.prefix(8) }

    init(seconds: Int) {
        self.seconds = seconds
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.appendDecimal(Int(parts.tm_year) + 1900, digits: 4)
        bytes.appendDecimal(Int(parts.tm_mon) + 1, digits: 2)
        bytes.appendDecimal(Int(parts.tm_mday), digits: 2)
        bytes.append(UInt8(ascii: "T"))
        bytes.appendDecimal(Int(parts.tm_hour), digits: 2)
        bytes.appendDecimal(Int(parts.tm_min), digits: 2)
        bytes.appendDecimal(Int(parts.tm_sec), digits: 2)
        bytes.append(UInt8(ascii: "Z"))
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Reads `20260131T235959Z`; nil for anything else, such as a 32nd day.
    init?(basic: some StringProtocol) {
        let bytes = Array(basic.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        self.init(
            year: bytes[0..<4], month: bytes.decimal(4..<6), day: bytes[6..<8], hour: bytes[9..<11],
            minute: bytes[11..<13], second: bytes[13..<15])
        guard text == basic else { return nil }
    }

    /// Reads the form of the HTTP `Date` header, `Sat, 31 Jan 2026 23:59:59 GMT` (RFC 9110 section 5.6.7).
    init?(http: some StringProtocol) {
        let bytes = Array(http.utf8)
        guard bytes.count == 29, http.hasSuffix(" GMT"), let month = Self.months.firstIndex(of: Array(bytes[8..<11]))
        else { return nil }
        self.init(
            year: bytes[12..<16], month: month + 1, day: bytes[5..<7], hour: bytes[17..<19],
            minute: bytes[20..<22], second: bytes[23..<25])
    }

    private init?(
        year: ArraySlice<UInt8>, month: Int?, day: ArraySlice<UInt8>, hour: ArraySlice<UInt8>,
        minute: ArraySlice<UInt8>, second: ArraySlice<UInt8>
    ) {
        guard let year = year.decimal, let month, let day = day.decimal, let hour = hour.decimal,
            let minute = minute.decimal, let second = second.decimal
        else { return nil }
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_hour = Int32(hour)
        parts.tm_min = Int32(minute)
        parts.tm_sec = Int32(second)
        self.init(seconds: Int(timegm(&parts)))
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .map { Array($0.utf8) }
}

extension Collection where Element == UInt8 {
    /// The number that these ASCII digits write; nil when one is no digit or there is none.
    fileprivate var decimal: Int? {
        if isEmpty { return nil }
        var value = 0
        for byte in self {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

extension [UInt8] {
    fileprivate func decimal(_ range: Range<Int>) -> Int? { self[range].decimal }

    fileprivate mutating func appendDecimal(_ value: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }
}
