import Foundation

/// A JSON value, of the kinds that a price sheet is made of.
enum JSONValue: Decodable {
    case string(String)
    case integer(Int)
    case object([String: JSONValue])
    case other

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.singleValueContainer().decode([String: JSONValue].self) {
            self = .object(object)
        } else if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = .string(text)
        } else if let number = try? decoder.singleValueContainer().decode(Int.self) {
            self = .integer(number)
        } else {
            self = .other
        }
    }
}

/// A JSON object that is read key by key and must have nothing left over: a misspelt key in a price sheet is a wrong
/// bill, not a default.
struct StrictObject {
    private var members: [String: JSONValue]
    private var known: [String] = []
    private let path: String

    init(_ members: [String: JSONValue], path: String = "") {
        self.members = members
        self.path = path
    }

    mutating func string(_ key: String, _ remedy: String) throws(LedgerError) -> String {
        guard case .string(let text) = try take(key, remedy), !text.isEmpty else {
            throw fault(key, "it is not a text", remedy)
        }
        return text
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, _ remedy: String) throws(LedgerError) -> Int {
        guard case .integer(let number) = try take(key, remedy), range.contains(number) else {
            throw fault(key, "it is not a whole number from \(range.lowerBound) to \(range.upperBound)", remedy)
        }
        return number
    }

    mutating func object(_ key: String, _ remedy: String) throws(LedgerError) -> StrictObject {
        guard case .object(let members) = try take(key, remedy) else { throw fault(key, "it is not an object", remedy) }
        return StrictObject(members, path: path + key + ".")
    }

    /// A price that is not negative, written as a text.
    mutating func price(_ key: String) throws(LedgerError) -> UnitPrice {
        let remedy = "Write the exact decimal in quotes, for example \"0.000011244\"."
        let value = try take(key, remedy)
        if case .integer = value { throw fault(key, "it is a number, which may lose digits", remedy) }
        guard case .string(let text) = value else { throw fault(key, "it is not a decimal in quotes", remedy) }
        let price: UnitPrice
        do throws(LedgerError) {
            price = try UnitPrice(text)
        } catch {
            throw fault(key, error.cause, error.remedy)
        }
        guard price >= .zero else { throw fault(key, "it is negative", remedy) }
        return price
    }

    /// Nil where there is none.
    mutating func optionalPrice(_ key: String) throws(LedgerError) -> UnitPrice? {
        if members[key] != nil { return try price(key) }
        known.append(key)
        return nil
    }

    /// - Throws: ``LedgerError`` for the first key, by name, that nobody asked for.
    func finish() throws(LedgerError) {
        guard let key = members.keys.sorted().first else { return }
        throw fault(
            key, "it is not a key of a price sheet", "Remove it, or use one of: \(known.joined(separator: ", ")).")
    }

    func fault(_ key: String, _ cause: String, _ remedy: String) -> LedgerError {
        LedgerError(operation: "read price sheet", subject: path + key, cause: cause, remedy: remedy)
    }

    private mutating func take(_ key: String, _ remedy: String) throws(LedgerError) -> JSONValue {
        known.append(key)
        guard let value = members.removeValue(forKey: key) else { throw fault(key, "it is missing", remedy) }
        return value
    }
}
