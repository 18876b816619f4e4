import BerthModel

/// What a task reserves and pays for.
public struct Reservation: Codable, Hashable, Sendable {
    public var size: TaskSize
    /// Configured scratch space; Fargate's least is 20.
    public var ephemeralStorageGiB: Int

    public init(size: TaskSize, ephemeralStorageGiB: Int) {
        self.size = size
        self.ephemeralStorageGiB = ephemeralStorageGiB
    }
}

/// One priced quantity; ``amount`` is exactly ``quantity`` × ``unitPrice`` and never rounded.
public struct ChargeLine: Codable, Hashable, Sendable {
    /// For example `berth-linux-x86-cpu`.
    public var sku: String
    /// `Core-Seconds`, `GiB-Seconds` or `Bytes`.
    public var unit: String
    public var quantity: Quantity
    public var unitPrice: UnitPrice
    public var amount: Money
}

/// What one attempt of a task costs by one price sheet.
public struct Charge: Equatable, Sendable {
    /// What the lines charge for, the network's apart.
    public var reservation: Reservation
    /// From start of pull to end of task; nil when the pull never began.
    public var durationNanoseconds: Int64?
    /// 0 when the pull never began.
    public var billedSeconds: Int
    /// ISO 4217.
    public var currency: String
    /// Id and version of the sheet.
    public var priceSheetID: String
    public var priceVersion: String
    /// Empty when the pull never began; else also the line of a quantity that costs nothing.
    public var lines: [ChargeLine]
    /// The sum of the lines' amounts.
    public var total: Money
}

extension PriceSheet {
    /// The charge for a reservation held for a time.
    ///
    /// - Parameter durationNanoseconds: from start of pull to end of task (or to now, while it runs) by a monotonic
    ///   clock; nil for a task that ended before its pull began, which costs nothing, not even the minimum.
    /// - Parameter network: what crossed the task's link; nil for a task that had none, or whose counters are lost: what was
    ///   not measured is not charged.
    /// - Throws: ``LedgerError`` when an amount does not fit 128 bits.
    public func charge(
        _ reservation: Reservation, durationNanoseconds: Int64?, network: NetworkUsage? = nil
    ) throws(LedgerError) -> Charge {
        let seconds = durationNanoseconds.map { billedSeconds(nanoseconds: $0) }
        let lines =
            try seconds.map { seconds throws(LedgerError) in
                try self.lines(reservation, seconds: seconds) + self.lines(network)
            } ?? []
        return Charge(
            reservation: reservation, durationNanoseconds: durationNanoseconds, billedSeconds: seconds ?? 0,
            currency: currency, priceSheetID: id, priceVersion: version, lines: lines,
            total: try Money.total(lines.map(\.amount)))
    }

    private func lines(_ reservation: Reservation, seconds: Int) throws(LedgerError) -> [ChargeLine] {
        let cpu = try Quantity(ofThousandTwentyFourths: reservation.size.cpuUnits, seconds: seconds)
        let memory = try Quantity(ofThousandTwentyFourths: reservation.size.memoryMiB, seconds: seconds)
        let extraGiB = max(0, reservation.ephemeralStorageGiB - includedStorageGiB)
        let storage = try Quantity(ofWhole: extraGiB, seconds: seconds)
        var lines = [
            try line("cpu", "Core-Seconds", cpu, prices.vcpuSecond),
            try line("memory", "GiB-Seconds", memory, prices.gibSecond),
            try line("storage", "GiB-Seconds", storage, prices.storageGiBSecond),
        ]
        if let licence = prices.osLicenceVCPUSecond {
            lines.append(try line("os-licence", "Core-Seconds", cpu, licence))
        }
        return lines
    }

    /// Only where the sheet has a price, be it 0.
    private func lines(_ network: NetworkUsage?) throws(LedgerError) -> [ChargeLine] {
        guard let network else { return [] }
        var lines: [ChargeLine] = []
        if let price = prices.networkReceivedByte {
            lines.append(try line("network-received", "Bytes", try Quantity(ofBytes: network.receivedBytes), price))
        }
        if let price = prices.networkSentByte {
            lines.append(try line("network-sent", "Bytes", try Quantity(ofBytes: network.sentBytes), price))
        }
        return lines
    }

    private func line(
        _ meter: String, _ unit: String, _ quantity: Quantity, _ price: UnitPrice
    ) throws(LedgerError) -> ChargeLine {
        ChargeLine(
            sku: "berth-\(platform)-\(meter)", unit: unit, quantity: quantity, unitPrice: price,
            amount: try quantity.priced(price))
    }
}
