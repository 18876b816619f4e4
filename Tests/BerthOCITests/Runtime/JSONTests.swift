import BerthOCI
import Testing

@Suite("JSON as text")
struct JSONTests {
    @Test("texts are escaped where RFC 8259 says so, and nowhere else")
    func escapes() {
        #expect(JSONValue.string("a\"\\\n\u{1}é/").text() == #""a\"\\\n\u0001é/""#)
    }

    @Test("whole numbers keep 64 bits")
    func numbers() {
        #expect(JSONValue.number(UInt64.max).text() == "18446744073709551615")
        #expect(JSONValue.number(Int64.min).text() == "-9223372036854775808")
    }

    @Test("a layout has one member a line")
    func layout() {
        let document: JSONValue = ["a": [1, []], "b": [:]]
        #expect(document.text(indent: " ") == "{\n \"a\": [\n  1,\n  []\n ],\n \"b\": {}\n}")
        #expect(document.text() == #"{"a":[1,[]],"b":{}}"#)
    }
}
