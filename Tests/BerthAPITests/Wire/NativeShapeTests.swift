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
