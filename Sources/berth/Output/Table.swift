/// Rows under a heading, columns as wide as their widest cell.
struct Table {
    var heading: [String]
    var rows: [[String]] = []
    /// Columns whose cells stand at the right, such as numbers.
    var right: Set<Int> = []

    var text: String { text(heading: true) }

    /// - Parameter heading: whether to print it; it counts for the columns' width either way.
    func text(heading prints: Bool) -> String {
        let all = [heading] + rows
        let widths = heading.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.dropFirst(prints ? 0 : 1).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                line += right.contains(column) ? space + cell : cell + space
                if column < row.count - 1 { line += "  " }
            }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
