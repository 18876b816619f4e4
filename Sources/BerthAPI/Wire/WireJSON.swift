import BerthModel
import Foundation
import Hummingbird

/// JSON as AWS's JSON protocols write it: dates are seconds since 1970 as a number, absent members are left out.
public enum WireJSON {
    /// Writes what ``decoder`` reads.
    public static let encoder = JSONWriter(dates: .secondsSince1970)

    /// Passes over members that it does not know, as AWS's services do.
    public static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }()
}

/// The body of every error in JSON.
public struct ErrorBody: Codable, Equatable, Sendable {
    /// The code, on the wire `__type`.
    public var type: String
    public var message: String
    /// Only with `ConflictException`.
    public var resourceIds: [String]?

    public init(type: String, message: String, resourceIds: [String]? = nil) {
        self.type = type
        self.message = message
        self.resourceIds = resourceIds
    }

    enum CodingKeys: String, CodingKey {
        case type = "__type"
        case message
        case resourceIds
    }
}

extension WireJSON {
    static func encode(_ value: some Encodable) throws -> ByteBuffer { ByteBuffer(bytes: try encoder.bytes(of: value)) }

    /// Reads a body; an empty one counts as `{}`.
    ///
    /// - Throws: ``RequestFault/serialization(_:)`` for what is no JSON or of a wrong type, `ServiceError` for a value
    ///   of the right type that is not allowed, both naming the member.
    static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws -> Value {
        let data = body.readableBytes == 0 ? Data("{}".utf8) : Data(body.readableBytesView)
        do {
            return try decoder.decode(type, from: data)
        } catch let error as DecodingError {
            throw DecodingFault.explain(error, in: data)
        }
    }
}
