/// The pairs of CPU and memory that Fargate runs (Amazon ECS developer guide, "Task CPU and memory").
public enum FargateSizes {
    /// A CPU size and the memory sizes it takes.
    public struct Row: Equatable, Sendable {
        /// 1024 units are one vCPU.
        public let cpuUnits: Int
        /// Rising.
        public let memoryMiB: [Int]
    }

    /// In rising order. The last row is offered region by region (since 2026), and by every Berth.
    public static let rows: [Row] = [
        Row(cpuUnits: 256, memoryMiB: [512, 1024, 2048]),
        Row(cpuUnits: 512, memoryMiB: Array(stride(from: 1024, through: 4096, by: 1024))),
        Row(cpuUnits: 1024, memoryMiB: Array(stride(from: 2048, through: 8192, by: 1024))),
        Row(cpuUnits: 2048, memoryMiB: Array(stride(from: 4096, through: 16384, by: 1024))),
        Row(cpuUnits: 4096, memoryMiB: Array(stride(from: 8192, through: 30720, by: 1024))),
        Row(cpuUnits: 8192, memoryMiB: Array(stride(from: 16384, through: 61440, by: 4096))),
        Row(cpuUnits: 16384, memoryMiB: Array(stride(from: 32768, through: 122_880, by: 8192))),
        Row(cpuUnits: 32768, memoryMiB: [61440, 122_880, 249_856]),
    ]

    /// Whether Fargate runs this pair.
    public static func contains(cpuUnits: Int, memoryMiB: Int) -> Bool {
        rows.contains { $0.cpuUnits == cpuUnits && $0.memoryMiB.contains(memoryMiB) }
    }

    /// What to choose instead of a pair that Fargate does not run.
    static func advice(cpuUnits: Int) -> String {
        guard let row = rows.first(where: { $0.cpuUnits == cpuUnits }) else {
            return "cpu must be one of \(rows.map { String($0.cpuUnits) }.joined(separator: ", "))"
        }
        return
            "with cpu \(cpuUnits), memory must be one of \(row.memoryMiB.map(String.init).joined(separator: ", ")) MiB"
    }
}
