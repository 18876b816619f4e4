import BerthOCI
import Testing

@testable import BerthRuntime

@Suite("Reading JSON")
struct JSONReaderTests {
    private func parse(_ text: String) throws(Failure) -> JSONValue {
        try JSONReader.parse(Array(text.utf8), name: "config.json")
    }

    @Test("whole numbers keep all their bits")
    func numbers() throws {
        #expect(
            try parse("[18446744073709551615, 9223372036854775807, -1, 1.5]")
                == [.unsigned(.max), .integer(.max), -1, .real(1.5)])
    }

    @Test("a NUL inside a text does not end it")
    func nul() throws {
        #expect(try parse(#"{"a":"b\u0000c"}"#)["a"] == .string("b\0c"))
    }

    @Test("what is no JSON is told with its line", arguments: ["{\n\"a\": 1,\n}", "{\n\"a\"\n:\nx", "", "{}{}", "[1"])
    func errors(text: String) {
        do throws(Failure) {
            _ = try parse(text)
            Issue.record("accepted")
        } catch {
            #expect(error.description.contains("config.json is no JSON: line"))
        }
    }

    @Test("the line is where the fault is")
    func line() {
        #expect(throws: Failure("config.json is no JSON: line 3: unexpected character")) {
            try parse("{\n\"a\": 1,\n}")
        }
    }

    @Test("what we write reads as what it was")
    func roundTrip() throws {
        let document = DefaultConfiguration.document(rootless: nil)
        #expect(try parse(document.text()) == document)
        #expect(try parse(document.text(indent: "\t")) == document)
    }
}
