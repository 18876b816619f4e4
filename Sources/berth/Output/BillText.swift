import BerthModel
import Foundation

/// Bills as text.
enum BillText {
    /// One row a task.
    static func table(_ bills: [TaskBill]) -> Table {
        var table = Table(
            heading: ["TASK", "STATUS", "VCPU", "MIB", "BILLED S", "RAN S", "CPU USED", "MEMORY PEAK", "TOTAL", ""],
            right: [2, 3, 4, 5, 6, 7, 8])
        for bill in bills {
            table.rows.append([
                String(bill.taskID.prefix(12)), bill.status.rawValue,
                Quantity.vCPU(units: bill.reserved.cpuUnits), String(bill.reserved.memoryMiB),
                String(bill.reserved.billedSeconds), Quantity.fixed(bill.reserved.runSeconds, 3),
                bill.used.cpuUsec.map(Quantity.seconds(microseconds:)) ?? "-",
                bill.used.memoryPeakBytes.map(Quantity.bytes) ?? "-",
                bill.total, bill.currency,
            ])
        }
        return table
    }

    /// An array, or one object when one task was asked for.
    static func json(_ bills: [TaskBill], single: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data: Data
        if single, let bill = bills.first {
            data = try encoder.encode(bill)
        } else {
            data = try encoder.encode(bills)
        }
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    /// One row a line of a bill, so that a sheet can sum them; a task's usage is repeated in each of its rows.
    static func csv(_ bills: [TaskBill], heading: Bool = true) -> String {
        var rows = [
            [
                "taskArn", "taskDefinitionArn", "status", "priceSheet", "currency", "cpuUnits", "memoryMiB",
                "billedSeconds",
                "runSeconds", "cpuUsec", "memoryPeakBytes", "ioReadBytes", "ioWriteBytes", "sku", "unit", "quantity",
                "unitPrice", "amount",
            ]
        ]
        for bill in bills {
            let task = [
                bill.taskArn, bill.taskDefinitionArn, bill.status.rawValue, bill.priceSheet, bill.currency,
                String(bill.reserved.cpuUnits), String(bill.reserved.memoryMiB), String(bill.reserved.billedSeconds),
                Quantity.fixed(bill.reserved.runSeconds, 3), number(bill.used.cpuUsec),
                number(bill.used.memoryPeakBytes),
                number(bill.used.ioReadBytes), number(bill.used.ioWriteBytes),
            ]
            for line in bill.lines {
                rows.append(task + [line.sku, line.unit, line.quantity, line.unitPrice, line.amount])
            }
        }
        return rows.dropFirst(heading ? 0 : 1).map { $0.map(cell).joined(separator: ",") + "\n" }.joined()
    }

    /// What `berth run` says at the end: used, reserved and price.
    static func block(_ bill: TaskBill) -> String {
        var used: [String] = []
        if let cpu = bill.used.cpuUsec {
            let reserved = Double(bill.reserved.cpuUnits) / 1024 * bill.reserved.runSeconds
            let share = reserved > 0 ? Double(cpu) / 1_000_000 / reserved * 100 : 0
            used.append("CPU \(Quantity.seconds(microseconds: cpu)) (\(Quantity.fixed(share, 1)) % of the reservation)")
        }
        if let peak = bill.used.memoryPeakBytes { used.append("memory peak \(Quantity.bytes(peak))") }
        if let read = bill.used.ioReadBytes { used.append("read \(Quantity.bytes(read))") }
        if let written = bill.used.ioWriteBytes { used.append("written \(Quantity.bytes(written))") }
        return """
            task      \(bill.taskID)
            used      \(used.isEmpty ? "not known" : used.joined(separator: ", "))
            reserved  \(Quantity.vCPU(units: bill.reserved.cpuUnits)) vCPU, \(bill.reserved.memoryMiB) MiB \
            for \(bill.reserved.billedSeconds) s (ran \(Quantity.fixed(bill.reserved.runSeconds, 3)) s)
            price     \(bill.total) \(bill.currency) by \(bill.priceSheet)

            """
    }

    private static func number(_ value: UInt64?) -> String { value.map(String.init) ?? "" }

    /// RFC 4180: quoted where a comma, a quote or a line's end would be read as more than itself.
    private static func cell(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension TaskBill {
    /// The 32 hexadecimal digits at the end of the ARN.
    var taskID: String { String(taskArn.split(separator: "/").last ?? "") }
}
