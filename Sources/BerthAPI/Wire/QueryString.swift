/// A query string or a form body: `name=value` pairs joined by `&`.
struct QueryString: Sendable {
    private let members: [(name: String, value: String)]

    init(_ text: some Collection<UInt8>) {
        members = Self.pairs(text).map {
            (String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self))
        }
    }

    /// The first value of a name.
    subscript(name: String) -> String? { members.first { $0.name == name }?.value }

    /// All pairs, decoded, in their order; a pair without `=` has an empty value.
    static func pairs(_ text: some Collection<UInt8>) -> [(name: [UInt8], value: [UInt8])] {
        text.split(separator: UInt8(ascii: "&")).map { pair in
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(name.count + 1)
            return (PercentEncoding.decode(name, form: true), PercentEncoding.decode(value, form: true))
        }
    }
}
