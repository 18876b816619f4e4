import BerthModel

extension TaskBill {
    /// The bill of a task as the API prints it: what it was charged, and beside it what it used.
    public init(task: ECSTask, charge: Charge, used: Used) {
        self.init(
            taskArn: task.taskArn,
            taskDefinitionArn: task.taskDefinitionArn,
            status: task.lastStatus,
            currency: charge.currency,
            priceSheet: "\(charge.priceSheetID)@\(charge.priceVersion)",
            reserved: Reserved(
                cpuUnits: charge.reservation.size.cpuUnits,
                memoryMiB: charge.reservation.size.memoryMiB,
                billedSeconds: charge.billedSeconds,
                // For people to read; the charge itself was made from the whole nanoseconds.
                runSeconds: Double(charge.durationNanoseconds ?? 0) / 1e9),
            used: used,
            lines: charge.lines.map { line in
                Line(
                    sku: line.sku, unit: line.unit, quantity: line.quantity.description,
                    unitPrice: line.unitPrice.description, amount: line.amount.description)
            },
            total: charge.total.description)
    }
}
