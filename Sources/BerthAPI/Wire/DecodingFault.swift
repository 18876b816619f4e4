import BerthModel
import Foundation

/// Says what is wrong with a body that did not decode, in the words of the API: which member, what was expected.
enum DecodingFault {
    static func explain(_ error: DecodingError, in body: Data) -> any Error {
        switch error {
        case .typeMismatch(let type, let context):
            let found = describe(value(at: context.codingPath, in: body))
            return RequestFault.serialization(
                "\(name(context.codingPath)): expected \(describe(type))\(found.map { ", found \($0)" } ?? "")")
        case .keyNotFound(let key, let context):
            return ServiceError.invalidParameter("\(name(context.codingPath + [key])): required, but missing")
        case .valueNotFound(let type, let context):
            return RequestFault.serialization("\(name(context.codingPath)): expected \(describe(type)), found null")
        case .dataCorrupted(let context):
            return corrupted(context, in: body)
        @unknown default:
            return RequestFault.serialization("the request body does not decode")
        }
    }

    /// Foundation reports three things so: a body that is no JSON and a number that its type cannot hold, both
    /// without a path, and a text that is no case of an enumeration. A second look at the body tells which.
    private static func corrupted(_ context: DecodingError.Context, in body: Data) -> any Error {
        if let text = value(at: context.codingPath, in: body) as? String {
            return ServiceError.invalidParameter("\(name(context.codingPath)): '\(text)' is not an allowed value")
        }
        do {
            let root = try JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
            guard let (path, number) = unfitNumber(in: root, at: "") else {
                return RequestFault.serialization("\(name(context.codingPath)): \(context.debugDescription)")
            }
            return RequestFault.serialization("\(path): expected an integer, found \(number)")
        } catch {
            let cause = (error as NSError).userInfo[NSDebugDescriptionErrorKey] as? String
            return RequestFault.serialization(
                "The request body is not valid JSON: \(cause ?? context.debugDescription)")
        }
    }

    /// The first number that no integer member can hold; AWS's requests have no fractions.
    private static func unfitNumber(in value: Any, at path: String) -> (path: String, number: NSNumber)? {
        switch value {
        case let number as NSNumber:
            return Int64(exactly: number.doubleValue) == nil ? (path, number) : nil
        case let list as [Any]:
            for (index, element) in list.enumerated() {
                if let found = unfitNumber(in: element, at: "\(path)[\(index)]") { return found }
            }
        case let object as [String: Any]:
            for (key, member) in object.sorted(by: { $0.key < $1.key }) {
                if let found = unfitNumber(in: member, at: path.isEmpty ? key : "\(path).\(key)") { return found }
            }
        default: break
        }
        return nil
    }

    /// `containerDefinitions[0].cpu`; the body itself is `request`.
    private static func name(_ path: [any CodingKey]) -> String {
        var name = ""
        for key in path {
            if let index = key.intValue {
                name += "[\(index)]"
            } else {
                name += name.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return name.isEmpty ? "request" : name
    }

    private static func describe(_ type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "an integer"
        case is any BinaryFloatingPoint.Type, is Date.Type: "a number"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }

    private static func describe(_ value: Any?) -> String? {
        switch value {
        case is String: "a string"
        // A JSON number is an NSNumber as well as true and false are; only the latter are CFBoolean's "c" type.
        case let number as NSNumber: String(cString: number.objCType) == "c" ? "\(number.boolValue)" : "\(number)"
        case is [Any]: "a list"
        case is [String: Any]: "an object"
        case is NSNull: "null"
        default: nil
        }
    }

    private static func value(at path: [any CodingKey], in body: Data) -> Any? {
        var value = try? JSONSerialization.jsonObject(with: body, options: .fragmentsAllowed)
        for key in path {
            if let index = key.intValue {
                guard let list = value as? [Any], list.indices.contains(index) else { return nil }
                value = list[index]
            } else {
                value = (value as? [String: Any])?[key.stringValue]
            }
        }
        return value
    }
}
