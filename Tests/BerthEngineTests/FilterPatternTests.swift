import BerthModel
import Testing

@testable import BerthEngine

@Suite struct `Filter patterns` {
    @Test(arguments: [
        ("", "anything", true),
        ("ERROR", "an ERROR here", true),
        ("ERROR", "an error here", false),
        ("ERROR disk", "disk: ERROR", true),
        ("ERROR disk", "net: ERROR", false),
        ("\"disk full\"", "the disk full of data", true),
        ("\"disk full\"", "the full disk", false),
        ("?ERROR ?WARN", "WARN: x", true),
        ("?ERROR ?WARN", "INFO: x", false),
        ("ERROR -retry", "ERROR: gone", true),
        ("ERROR -retry", "ERROR: will retry", false),
        ("ERROR ?WARN", "ERROR only", true),
        ("-\"not this\"", "but not this one", false),
    ])
    func `terms are found as CloudWatch finds them`(pattern: String, line: String, matches: Bool) throws {
        #expect(try FilterPattern(pattern).matches(Array(line.utf8)) == matches)
    }

    @Test(arguments: ["{ $.level = 1 }", "[a, b]", "%E.*R%", "\"open", "a \"\""])
    func `what is not supported is refused by name`(pattern: String) {
        let error = #expect(throws: ServiceError.self) { try FilterPattern(pattern) }
        #expect(error?.code == "InvalidParameterException")
        #expect(error?.message.hasPrefix("Invalid filter pattern: ") == true)
    }
}
