import BerthModel

/// Bills as text, a page at a time: the pages together are one document.
struct BillPages {
    let format: Bill.Format
    /// One task was asked for.
    let single: Bool
    private var isFirst = true

    init(format: Bill.Format, single: Bool) {
        self.format = format
        self.single = single
    }

    mutating func text(_ bills: [TaskBill], isLast: Bool) throws -> String {
        defer { isFirst = false }
        switch format {
        case .table: return BillText.table(bills).text(heading: isFirst)
        case .csv: return BillText.csv(bills, heading: isFirst)
        case .json:
            let text = try BillText.json(bills, single: single)
            guard !(isFirst && isLast) else { return text }
            // The items of each page's array, without its brackets. What is on a last page may be gone by now.
            let items = bills.isEmpty ? "" : text.dropFirst(2).dropLast(3)
            return (isFirst ? "[\n" : bills.isEmpty ? "" : ",\n") + items + (isLast ? "\n]\n" : "")
        }
    }
}
