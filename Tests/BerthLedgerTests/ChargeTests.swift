import BerthLedger
import BerthModel
import Foundation
import Testing

/// Sheets of the page "AWS Fargate pricing", US East (N. Virginia), per second.
enum Sheets {
    static let linux = PriceSheet.fargateUSEast1

    static var arm: PriceSheet {
        get throws {
            var sheet = linux
            sheet.platform = "linux-arm"
            sheet.prices = .init(
                vcpuSecond: try UnitPrice("0.0000089944"), gibSecond: try UnitPrice("0.0000009889"),
                storageGiBSecond: try UnitPrice("0.0000000308"))
            return sheet
        }
    }

    static var windows: PriceSheet {
        get throws {
            var sheet = linux
            sheet.platform = "windows-x86"
            sheet.minimumSeconds = 300
            sheet.prices = .init(
                vcpuSecond: try UnitPrice("0.0000254167"), gibSecond: try UnitPrice("0.0000027778"),
                storageGiBSecond: try UnitPrice("0.0000000308"), osLicenceVCPUSecond: try UnitPrice("0.0000127778"))
            return sheet
        }
    }
}

/// The amounts of one charge, line by line.
private struct Expected: Sendable {
    var cpu: String
    var memory: String
    var storage = "0"
    var licence: String?
    var total: String
}

@Suite("Charges")
struct ChargeTests {
    private func charge(
        _ sheet: PriceSheet, cpu: Int, gib: Double, storage: Int = 20, milliseconds: Int64
    ) throws -> Charge {
        try sheet.charge(
            Reservation(size: TaskSize(cpuUnits: cpu, memoryMiB: Int(gib * 1024)), ephemeralStorageGiB: storage),
            durationNanoseconds: milliseconds * 1_000_000)
    }

    private func expect(
        _ charge: Charge, _ expected: Expected, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let amounts = Dictionary(
            uniqueKeysWithValues: charge.lines.map { ($0.sku.split(separator: "-").last ?? "", $0.amount.description) })
        #expect(amounts["cpu"] == expected.cpu, sourceLocation: sourceLocation)
        #expect(amounts["memory"] == expected.memory, sourceLocation: sourceLocation)
        #expect(amounts["storage"] == expected.storage, sourceLocation: sourceLocation)
        #expect(amounts["licence"] == expected.licence, sourceLocation: sourceLocation)
        #expect(charge.total.description == expected.total, sourceLocation: sourceLocation)
        #expect(charge.total == (try Money.total(charge.lines.map(\.amount))), sourceLocation: sourceLocation)
    }

    private func times(_ count: Int, _ charge: Charge) throws -> String {
        try Money.total(repeatElement(charge.total, count: count)).description
    }

    @Test("of a quarter vCPU and half a GB for 37 s are exactly 0.00020571, the minimum")
    func quarter() throws {
        let charge = try charge(Sheets.linux, cpu: 256, gib: 0.5, milliseconds: 37000)
        #expect(charge.billedSeconds == 60)
        try expect(charge, Expected(cpu: "0.00016866", memory: "0.00003705", total: "0.00020571"))
        #expect(
            charge.lines.map(\.sku) == ["berth-linux-x86-cpu", "berth-linux-x86-memory", "berth-linux-x86-storage"])
        #expect(charge.lines.map(\.unit) == ["Core-Seconds", "GiB-Seconds", "GiB-Seconds"])
        #expect(charge.lines.map(\.quantity.description) == ["15", "30", "0"])
        #expect(charge.lines.map(\.unitPrice.description) == ["0.000011244", "0.000001235", "0.0000000308"])
    }

    @Test("count whole seconds, rounded up once, and at least the minimum")
    func seconds() throws {
        let sheet = Sheets.linux
        let second: Int64 = 1_000_000_000
        let table: [(Int64, Int)] = [
            (.min, 60), (-1, 60), (0, 60), (1, 60), (59 * second, 60), (60 * second, 60), (60 * second + 1, 61),
            (61 * second - 1, 61), (61 * second, 61), (61 * second + 1, 62), (3600 * second, 3600),
            (.max, 9_223_372_037),
        ]
        for (nanoseconds, billed) in table { #expect(sheet.billedSeconds(nanoseconds: nanoseconds) == billed) }
        #expect(try Sheets.windows.billedSeconds(nanoseconds: 61 * second) == 300)
        try expect(
            charge(sheet, cpu: 256, gib: 0.5, milliseconds: 60000),
            Expected(cpu: "0.00016866", memory: "0.00003705", total: "0.00020571"))
        try expect(
            charge(sheet, cpu: 256, gib: 0.5, milliseconds: 60001),
            Expected(cpu: "0.000171471", memory: "0.0000376675", total: "0.0002091385"))
    }

    @Test("by other sheets and sizes are exact")
    func sizes() throws {
        try expect(
            charge(Sheets.arm, cpu: 256, gib: 0.5, milliseconds: 37000),
            Expected(cpu: "0.000134916", memory: "0.000029667", total: "0.000164583"))
        try expect(
            charge(Sheets.linux, cpu: 512, gib: 1, milliseconds: 600_000),
            Expected(cpu: "0.0033732", memory: "0.000741", total: "0.0041142"))
        try expect(
            charge(Sheets.windows, cpu: 1024, gib: 2, milliseconds: 61000),
            Expected(cpu: "0.00762501", memory: "0.00166668", licence: "0.00383334", total: "0.01312503"))
        try expect(
            charge(Sheets.linux, cpu: 16384, gib: 120, storage: 200, milliseconds: 3_600_000),
            Expected(cpu: "0.6476544", memory: "0.53352", storage: "0.0199584", total: "1.2011328"))
        try expect(
            charge(Sheets.linux, cpu: 32768, gib: 244, milliseconds: 3_600_000),
            Expected(cpu: "1.2953088", memory: "1.084824", total: "2.3801328"))
    }

    @Test("leave the first 20 GiB of scratch space free")
    func storage() throws {
        try expect(
            charge(Sheets.linux, cpu: 1024, gib: 2, storage: 20, milliseconds: 3_600_000),
            Expected(cpu: "0.0404784", memory: "0.008892", total: "0.0493704"))
        try expect(
            charge(Sheets.linux, cpu: 1024, gib: 2, storage: 21, milliseconds: 3_600_000),
            Expected(cpu: "0.0404784", memory: "0.008892", storage: "0.00011088", total: "0.04948128"))
    }

    @Test("agree with the four examples of AWS's pricing page")
    func examples() throws {
        let x86 = try charge(Sheets.linux, cpu: 1024, gib: 2, storage: 30, milliseconds: 600_000)
        #expect(x86.total.description == "0.0084132")
        #expect(try times(150, x86) == "1.26198")
        let arm = try charge(Sheets.arm, cpu: 1024, gib: 2, storage: 30, milliseconds: 600_000)
        #expect(arm.total.description == "0.00676812")
        #expect(try times(150, arm) == "1.015218")
        let pod = try charge(Sheets.linux, cpu: 256, gib: 1, milliseconds: 3_600_000)
        #expect(pod.total.description == "0.0145656")
        #expect(try times(300, pod) == "4.36968")
        let windows = try charge(Sheets.windows, cpu: 1024, gib: 2, milliseconds: 3_600_000)
        #expect(windows.total.description == "0.15750036")
        #expect(try times(300, windows) == "47.250108")
    }

    @Test("of attempts each have their own minimum")
    func attempts() throws {
        let totals = try [12000, 75000, 130_000].map {
            try charge(Sheets.linux, cpu: 1024, gib: 2, milliseconds: $0).total
        }
        #expect(totals.map(\.description) == ["0.00082284", "0.00102855", "0.00178282"])
        #expect(try Money.total(totals).description == "0.00363421")
    }

    @Test("of ten thousand one-second tasks add up by Fargate's minimum and by one of a second")
    func array() throws {
        #expect(try times(10000, charge(Sheets.linux, cpu: 256, gib: 0.5, milliseconds: 1000)) == "2.0571")
        var plan = Sheets.linux
        plan.minimumSeconds = 1
        #expect(try times(10000, charge(plan, cpu: 256, gib: 0.5, milliseconds: 1000)) == "0.034285")
    }

    @Test("run on while the daemon is away, and end at the last heartbeat when the host dies")
    func crashes() throws {
        #expect(
            try charge(Sheets.linux, cpu: 1024, gib: 2, milliseconds: 200_000).total.description == "0.0027428")
        #expect(
            try charge(Sheets.linux, cpu: 1024, gib: 2, milliseconds: 100_000).total.description == "0.0013714")
    }

    @Test("of a task that ended before its pull began are nothing, not even the minimum")
    func cancelled() throws {
        let reservation = Reservation(size: TaskSize(cpuUnits: 256, memoryMiB: 512), ephemeralStorageGiB: 20)
        let charge = try Sheets.linux.charge(reservation, durationNanoseconds: nil)
        #expect(charge.lines.isEmpty)
        #expect(charge.total == .zero)
        #expect(charge.billedSeconds == 0)
    }

    @Test("of the largest task for a century fit, and of an absurd one are refused")
    func edge() throws {
        let century: Int64 = 100 * 366 * 86400 * 1000
        let large = try charge(Sheets.linux, cpu: 196_608, gib: 4096, storage: 200, milliseconds: century)
        #expect(large.total > .zero)
        let absurd = Reservation(size: TaskSize(cpuUnits: .max, memoryMiB: .max), ephemeralStorageGiB: 20)
        #expect(throws: LedgerError.self) { try Sheets.linux.charge(absurd, durationNanoseconds: .max) }
    }

    @Test("differ between the sheet by the second and one by the hour")
    func hourTrap() throws {
        let bySecond = try Quantity(ofWhole: 1, seconds: 720 * 3600).priced(Sheets.linux.prices.vcpuSecond)
        let byHour = try Quantity(ofWhole: 1, seconds: 720).priced(UnitPrice("0.04048"))
        #expect(bySecond.description == "29.144448")
        #expect(byHour.description == "29.1456")
    }
}
