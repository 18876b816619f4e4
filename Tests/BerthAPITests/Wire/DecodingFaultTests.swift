import BerthModel
import Foundation
import Hummingbird
import Testing

@testable import BerthAPI

@Suite("A body that does not decode is refused naming the member")
struct DecodingFaultTests {
    private func message<Value: Decodable>(_ type: Value.Type, _ body: String) -> String? {
        do {
            _ = try WireJSON.decode(type, from: ByteBuffer(string: body))
            return nil
        } catch let fault as RequestFault {
            return "\(fault.jsonCode): \(fault.message)"
        } catch let error as ServiceError {
            return "\(error.code): \(error.message)"
        } catch {
            return "\(error)"
        }
    }

    @Test(
        "a member of a wrong type",
        arguments: [
            // The body, and the message.
            (
                #"{"containerDefinitions":[{"cpu":"x"}]}"#,
                "containerDefinitions[0].cpu: expected an integer, found a string"
            ),
            (
                #"{"containerDefinitions":[{},{"cpu":1.5}]}"#,
                "containerDefinitions[1].cpu: expected an integer, found 1.5"
            ),
            (
                #"{"containerDefinitions":[{"cpu":1e30}]}"#,
                "containerDefinitions[0].cpu: expected an integer, found 1e+30"
            ),
            (
                #"{"containerDefinitions":[{"cpu":true}]}"#,
                "containerDefinitions[0].cpu: expected an integer, found true"
            ),
            (
                #"{"containerDefinitions":{}}"#,
                "containerDefinitions: expected a list, found an object"
            ),
            (
                #"{"containerDefinitions":[1]}"#,
                "containerDefinitions[0]: expected an object, found 1"
            ),
            (
                #"{"containerDefinitions":[null]}"#,
                "containerDefinitions[0]: expected an object, found null"
            ),
            (
                #"{"cpu":256}"#,
                "cpu: expected a string, found 256"
            ),
            (
                #"{"cpu":["256"]}"#,
                "cpu: expected a string, found a list"
            ),
            (
                #"{"containerDefinitions":[{"essential":"yes"}]}"#,
                "containerDefinitions[0].essential: expected true or false, found a string"
            ),
            (
                #"{"containerDefinitions":[{"essential":1}]}"#,
                "containerDefinitions[0].essential: expected true or false, found 1"
            ),
            ("[]", "request: expected an object, found a list"),
            ("7", "request: expected an object, found 7"),
        ])
    func wrongType(_ body: String, _ expected: String) {
        #expect(message(RegisterTaskDefinitionRequest.self, body) == "SerializationException: \(expected)")
    }

    @Test("a body that is no JSON", arguments: ["{", "{'a':1}", "nonsense", "{\"a\":1}}", "\u{0}", "{\"count\":01}"])
    func noJSON(_ body: String) {
        let prefix = "SerializationException: The request body is not valid JSON: "
        #expect(message(RunTaskRequest.self, body)?.hasPrefix(prefix) == true)
    }

    @Test("a value that is no case of its enumeration")
    func enumeration() {
        #expect(
            message(ListTasksRequest.self, #"{"desiredStatus":"GONE"}"#)
                == "InvalidParameterException: desiredStatus: 'GONE' is not an allowed value")
    }

    @Test("a compulsory member that is missing")
    func missing() {
        #expect(
            message(RegisterTaskDefinitionRequest.self, #"{"ephemeralStorage":{}}"#)
                == "InvalidParameterException: ephemeralStorage.sizeInGiB: required, but missing")
    }

    @Test("null counts as absent, unknown members are let pass, an empty body is an empty object")
    func lenient() {
        for body in [#"{"cluster":null,"futureMember":[{}]}"#, "", " { } "] {
            #expect(message(RunTaskRequest.self, body) == nil)
        }
    }
}

@Suite("JSON on the wire")
struct WireJSONTests {
    private struct Sample: Codable {
        var at: Date
        var absent: String?
        var path: String
    }

    @Test("dates are seconds with at most three decimals, slashes stand, absent members are left out")
    func writes() throws {
        let sample = Sample(at: Date(timeIntervalSince1970: 1_700_000_000.123456), absent: nil, path: "a/b")
        let text = String(decoding: try WireJSON.encoder.encode(sample), as: UTF8.self)
        #expect([#"{"at":1700000000.123,"path":"a/b"}"#, #"{"path":"a/b","at":1700000000.123}"#].contains(text))
        let back = try WireJSON.decoder.decode(Sample.self, from: Data(text.utf8))
        #expect(back.at == Date(timeIntervalSince1970: 1_700_000_000.123))
    }
}
