import BerthLedger
import Foundation
import Testing

@Suite("Price sheets")
struct PriceSheetTests {
    /// The project's directory, three levels above this file.
    private var project: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    private func shipped() throws -> String {
        try String(contentsOf: project.appending(path: "Config/prices/fargate-us-east-1.json"), encoding: .utf8)
    }

    @Test("that ship are the ones that are built in")
    func shippedIsBuiltIn() throws {
        let sheet = try PriceSheet(path: project.appending(path: "Config/prices/fargate-us-east-1.json").path)
        #expect(sheet == .fargateUSEast1)
        #expect(sheet.name == "fargate-us-east-1@1")
        #expect(sheet.prices.vcpuSecond.description == "0.000011244")
        #expect(sheet.prices.gibSecond.description == "0.000001235")
        #expect(sheet.prices.storageGiBSecond.description == "0.0000000308")
    }

    @Test(
        "with a fault are refused by the name of the key, with a remedy",
        arguments: [
            ("\"id\"", "\"ID\"", "id: it is missing", "for example"),
            ("\"vcpuSecond\"", "\"vcpuSeconds\"", "prices.vcpuSecond: it is missing", "in quotes"),
            (
                "\"minimumSeconds\": 60", "\"minimumSeconds\": 60, \"minimumSecond\": 1",
                "minimumSecond: it is not a key", "minimumSeconds"
            ),
            ("\"prices\": {", "\"prices\": { \"cpu\": \"1\",", "prices.cpu: it is not a key", "vcpuSecond"),
            ("\"minimumSeconds\": 60", "\"minimumSeconds\": -1", "minimumSeconds: it is not a whole number", "60"),
            ("\"minimumSeconds\": 60", "\"minimumSeconds\": \"60\"", "minimumSeconds: it is not a whole number", "60"),
            ("\"minimumSeconds\": 60", "\"minimumSeconds\": 60.5", "minimumSeconds: it is not a whole number", "60"),
            ("\"0.000011244\"", "0.000011244", "prices.vcpuSecond: it is not a decimal in quotes", "in quotes"),
            ("\"0.000011244\"", "11", "prices.vcpuSecond: it is a number", "in quotes"),
            ("\"0.000011244\"", "\"1e-5\"", "prices.vcpuSecond: it is not a decimal number", "decimals"),
            ("\"0.000011244\"", "\"-0.1\"", "prices.vcpuSecond: it is negative", "decimal"),
            ("\"0.000011244\"", "\"0.000000000000001\"", "prices.vcpuSecond: it has more than 14 decimals", "14"),
            ("\"2024-01-01T00:00:00Z\"", "\"soon\"", "validFrom: it is not a moment", "UTC"),
            ("\"USD\"", "\"dollars\"", "currency: 'dollars' is not a currency code", "ISO 4217"),
            ("\"prices\": {", "\"prices\": 1, \"x\": {", "prices: it is not an object", "gibSecond"),
        ])
    func faults(old: String, new: String, cause: String, remedy: String) throws {
        let text = try shipped()
        #expect(text.contains(old))
        let json = Data(text.replacing(old, with: new, maxReplacements: 1).utf8)
        let error = #expect(throws: LedgerError.self) { try PriceSheet(json: json) }
        #expect(error?.description.contains(cause) == true, "\(error?.description ?? "no error")")
        #expect(error?.remedy.contains(remedy) == true, "\(error?.description ?? "no error")")
    }

    @Test("that are no JSON object, or not there, are refused")
    func unreadable() {
        #expect(throws: LedgerError.self) { try PriceSheet(json: Data("[1]".utf8)) }
        #expect(throws: LedgerError.self) { try PriceSheet(json: Data("{".utf8)) }
        let error = #expect(throws: LedgerError.self) { try PriceSheet(path: "/nonexistent/prices.json") }
        #expect(error?.subject == "/nonexistent/prices.json")
    }
}
