import BerthModel
import Foundation
import Testing

@testable import berth

@Suite("What people read")
struct OutputTests {
    private static let bill: TaskBill = {
        var used = TaskBill.Used()
        used.cpuUsec = 1_500_000
        used.memoryPeakBytes = 3_250_586
        return TaskBill(
            taskArn: "arn:aws:ecs:us-east-1:000000000000:task/default/0123456789abcdef0123456789abcdef",
            taskDefinitionArn: "arn:aws:ecs:us-east-1:000000000000:task-definition/etl:3", status: .stopped,
            currency: "USD",
            priceSheet: "sheet, \"mine\"@1",
            reserved: .init(cpuUnits: 256, memoryMiB: 512, billedSeconds: 60, runSeconds: 37.25),
            used: used,
            lines: [
                .init(sku: "cpu", unit: "Core-Seconds", quantity: "15", unitPrice: "0.000011244", amount: "0.00016866")
            ],
            total: "0.00020571")
    }()

    @Test("a column is as wide as its widest cell, and numbers stand at the right")
    func table() {
        let table = Table(
            heading: ["NAME", "SIZE", "NOTE"], rows: [["a", "1", ""], ["long name", "1000", "x"]], right: [1])
        #expect(table.text == "NAME       SIZE  NOTE\na             1\nlong name  1000  x\n")
    }

    @Test(
        "bytes in the largest unit that leaves a digit before the point",
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (3_250_586, "3.1 MiB"), (5 << 40, "5.0 TiB"),
            (5 << 50, "5120.0 TiB"),
        ]
            as [(UInt64, String)])
    func bytes(count: UInt64, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(
        "CPU units as vCPU",
        arguments: [(256, "0.25"), (1024, "1"), (10, "0.0098"), (16384, "16"), (1536, "1.5"), (0, "0")])
    func vCPU(units: Int, text: String) {
        #expect(Quantity.vCPU(units: units) == text)
    }

    @Test(
        "how long ago, in one unit",
        arguments: [(0, "0 s"), (-5, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d")])
    func age(seconds: Int, text: String) {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(Quantity.age(since: now.addingTimeInterval(-Double(seconds)), now: now) == text)
    }

    @Test("CSV quotes what would be read as more than itself, and has a row for each line of a bill")
    func csv() {
        let rows = BillText.csv([Self.bill]).split(separator: "\n")
        #expect(rows.count == 2)
        #expect(rows[1].contains(#","sheet, ""mine""@1",USD,256,512,60,37.250,1500000,3250586,,,cpu,"#))
        #expect(rows[1].hasSuffix(",15,0.000011244,0.00016866"))
    }

    @Test("JSON is an array, and one object for one task; exact amounts stay text")
    func json() throws {
        let several = try JSONSerialization.jsonObject(with: Data(BillText.json([Self.bill], single: false).utf8))
        #expect((several as? [[String: Any]])?.first?["total"] as? String == "0.00020571")
        let one =
            try JSONSerialization.jsonObject(with: Data(BillText.json([Self.bill], single: true).utf8))
            as? [String: Any]
        #expect((one?["used"] as? [String: Any])?["cpuUsec"] as? Int == 1_500_000)
    }

    @Test("pages of bills are one document together", arguments: Bill.Format.allCases)
    func pages(format: Bill.Format) throws {
        var whole = BillPages(format: format, single: false)
        let three = try whole.text([Self.bill, Self.bill, Self.bill], isLast: true)
        var paged = BillPages(format: format, single: false)
        let first = try paged.text([Self.bill, Self.bill], isLast: false)
        let second = try paged.text([Self.bill], isLast: false)
        #expect(try first + second + paged.text([], isLast: true) == three)
    }

    @Test("the block at the end of a run says used, reserved and price")
    func block() {
        #expect(
            BillText.block(Self.bill) == """
                task      0123456789abcdef0123456789abcdef
                used      CPU 1.500 s (16.1 % of the reservation), memory peak 3.1 MiB
                reserved  0.25 vCPU, 512 MiB for 60 s (ran 37.250 s)
                price     0.00020571 USD by sheet, "mine"@1

                """)
    }

    @Test("a log line cannot be forged by what a client chose")
    func logLines() {
        #expect(LineLogHandler.escaped("a\nb\u{1b}[0m\u{9b}é") == "a\\u{a}b\\u{1b}[0m\\u{9b}é")
    }
}
