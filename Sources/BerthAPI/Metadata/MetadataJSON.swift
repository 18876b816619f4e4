import Foundation
import Hummingbird

/// JSON as the metadata endpoint writes it: members begin with a capital, times are texts (RFC 3339).
enum MetadataJSON {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        // Keys of dictionaries, such as labels, stay as they are: they are no members.
        encoder.keyEncodingStrategy = .custom { capitalized($0) }
        return encoder
    }()

    private static let agentEncoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .custom { path in path.count > 1 ? capitalized(path) : path[0] }
        return encoder
    }()

    private static let statisticsEncoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }()

    /// Statistics are Docker's: words in lower case with underscores between them.
    static func encode(statistics: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try statisticsEncoder.encode(statistics))
    }

    static func encode(_ value: some Encodable) throws -> ByteBuffer { ByteBuffer(bytes: try encoder.encode(value)) }

    /// The agent writes its outermost members in lower case.
    static func encode(agent: some Encodable) throws -> ByteBuffer {
        ByteBuffer(bytes: try agentEncoder.encode(agent))
    }

    /// All but what is below a container's health, as the agent writes it too.
    private static func capitalized(_ path: [any CodingKey]) -> any CodingKey {
        if let last = path.last, path.dropLast().last?.stringValue.lowercased() == "health" { return last }
        let name = path.last?.stringValue ?? ""
        return MemberName(stringValue: name.prefix(1).uppercased() + name.dropFirst())
    }

    /// With milliseconds.
    static func text(_ date: Date) -> String {
        date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private struct MemberName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
