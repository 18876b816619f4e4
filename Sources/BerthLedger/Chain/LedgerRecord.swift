import BerthModel
import Foundation

/// What one row of the ledger says: a line of a charge, and whose it is. Written once, never changed; a mistake is put
/// right by a further record that names what it corrects.
public struct LedgerRecord: Codable, Equatable, Sendable {
    /// What a record does.
    public enum Kind: String, Codable, Sendable {
        case charge
        /// Puts ``LedgerRecord/corrects`` right; its amount is signed.
        case correction
        /// Gives money back, for example for an attempt that the host cut short.
        case credit
    }

    public var kind: Kind
    /// 32 hexadecimal digits.
    public var taskID: String
    public var taskArn: String
    public var taskDefinitionArn: String
    /// Counts from 1.
    public var attempt: Int
    /// Start of the charged time, in milliseconds since 1970: wall time only places a charge, it never measures it.
    public var periodStart: Int64
    /// Whole seconds that the line charges for, at least the sheet's minimum.
    public var billedSeconds: Int
    /// From start of pull to end of task, by a monotonic clock.
    public var durationNanoseconds: Int64
    /// What the task held, for whoever checks the line's quantity.
    public var reservation: Reservation
    /// ISO 4217.
    public var currency: String
    /// ``PriceSheet/id`` and ``PriceSheet/version`` of the sheet that priced it.
    public var priceSheetID: String
    public var priceVersion: String
    public var line: ChargeLine
    /// The ``key`` of the record that this one corrects.
    public var corrects: String?

    /// Unique in the ledger, so that writing the same charge again adds nothing.
    public var key: String {
        "\(taskID)/\(attempt)/\(line.sku)/\(periodStart)/\(priceSheetID)@\(priceVersion)/\(kind.rawValue)"
            + (corrects.map { "/of:\($0)" } ?? "")
    }

    /// The bytes that are stored and hashed: JSON with sorted keys, no spaces, amounts as texts.
    var canonicalJSON: [UInt8] {
        get throws(LedgerError) {
            do {
                return try JSONWriter(sortsMembers: true).bytes(of: self)
            } catch {
                throw LedgerError(
                    operation: "write ledger entry", subject: key, cause: "it has no JSON (\(error))",
                    remedy: "Report this.")
            }
        }
    }
}

extension Charge {
    /// The records that enter this charge into the ledger, one a line; none when the pull never began.
    ///
    /// - Parameters:
    ///   - attempt: counts from 1; a task that was not retried has one.
    ///   - periodStart: start of the pull, in milliseconds since 1970.
    public func records(task: ECSTask, attempt: Int = 1, periodStart: Int64) -> [LedgerRecord] {
        lines.map { line in
            LedgerRecord(
                kind: .charge, taskID: task.id, taskArn: task.taskArn, taskDefinitionArn: task.taskDefinitionArn,
                attempt: attempt, periodStart: periodStart, billedSeconds: billedSeconds,
                durationNanoseconds: durationNanoseconds ?? 0, reservation: reservation, currency: currency,
                priceSheetID: priceSheetID, priceVersion: priceVersion, line: line, corrects: nil)
        }
    }

    /// The charge that the ledger holds for one attempt; nil for no records.
    ///
    /// - Throws: ``LedgerError`` when the total does not fit 128 bits.
    public init?(records: [LedgerRecord]) throws(LedgerError) {
        guard let first = records.first else { return nil }
        self.init(
            reservation: first.reservation, durationNanoseconds: first.durationNanoseconds,
            billedSeconds: first.billedSeconds, currency: first.currency, priceSheetID: first.priceSheetID,
            priceVersion: first.priceVersion, lines: records.map(\.line),
            total: try Money.total(records.map(\.line.amount)))
    }
}
