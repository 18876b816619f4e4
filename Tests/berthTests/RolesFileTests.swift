import BerthAPI
import Testing

@testable import berth

@Suite("The file of what roles may do")
struct RolesFileTests {
    private static let arn = "arn:aws:iam::000000000000:role/etl"

    @Test("YAML and JSON say the same; an empty file allows nothing")
    func read() throws {
        let expected = try RolePermissions([Self.arn: ["ecs:RunTask", "logs:*"], Self.arn + "2": []])
        let yaml = "\(Self.arn):\n  - ecs:RunTask\n  - logs:*\n\(Self.arn)2: []\n"
        #expect(try RolesFile.read(text: yaml, path: "r") == expected)
        let json = #"{"\#(Self.arn)": ["ecs:RunTask", "logs:*"], "\#(Self.arn)2": []}"#
        #expect(try RolesFile.read(text: json, path: "r") == expected)
        for empty in ["", "# nothing\n", "{}"] { #expect(try RolesFile.read(text: empty, path: "r") == .none) }
    }

    @Test(
        "a fault names file, line, role and what to write",
        arguments: [
            ("a: [", "r: "), ("- x", "r:1: expected roles"),
            ("\n\(arn): ecs:RunTask", "r:2: role '\(arn)': expected a list"),
            ("\(arn): [[a]]", "role '\(arn)': an operation is a word"), ("etl: []", "role 'etl': it is no role's ARN"),
            ("\(arn): [s3:Get]", "Write <service>:<operation>"),
        ])
    func faults(_ text: String, _ message: String) {
        let failure = #expect(throws: CommandFailure.self) { try RolesFile.read(text: text, path: "r") }
        let text = failure?.description ?? ""
        #expect(text.contains(message))
    }

    @Test("a file that is not there is named")
    func missing() {
        let failure = #expect(throws: CommandFailure.self) { try RolesFile.read("/nonexistent/roles.yaml") }
        #expect(failure?.description.hasPrefix("cannot read network.roles /nonexistent/roles.yaml: ") == true)
    }
}
