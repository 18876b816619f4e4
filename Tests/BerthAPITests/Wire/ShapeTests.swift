import BerthModel
import Foundation
import Testing

@testable import BerthAPI

@Suite("The shapes of Berth's own routes")
struct NativeShapeTests {
    @Test("output travels as base64, whatever the bytes")
    func output() throws {
        let bytes = [UInt8](0...255)
        let line = OutputLine(TaskOutput(container: "main", stream: .stderr, timestamp: 5, bytes: bytes))
        let data = try WireJSON.encoder.encode(line)
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains(#""stream":"stderr""#))
        #expect(text.contains(Data(bytes).base64EncodedString()))
        #expect(try WireJSON.decoder.decode(OutputLine.self, from: data) == line)
    }
}

@Suite("The id of a request")
struct RequestIDTests {
    @Test("is a random UUID, never the same twice")
    func isUUID() throws {
        let ids = (0..<100).map { _ in RequestID.make() }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            let bytes = try #require(UUID(uuidString: id)).uuid
            #expect(bytes.6 >> 4 == 4 && bytes.8 >> 6 == 2)
        }
    }
}
