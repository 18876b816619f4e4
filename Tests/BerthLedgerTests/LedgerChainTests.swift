import BerthLedger
import BerthModel
import Foundation
import Testing

@Suite("The ledger")
struct LedgerChainTests {
    private func task(_ number: Int) -> ECSTask {
        let account = Account(region: "us-east-1", id: "123456789012")
        let digits = String(number, radix: 16)
        let id = String(repeating: "0", count: 32 - digits.count) + digits
        var task = ECSTask(
            taskArn: account.taskARN(cluster: "default", id: id), clusterArn: account.clusterARN("default"),
            taskDefinitionArn: account.taskDefinitionARN(family: "etl", revision: 3), containers: [], cpu: "256",
            memory: "512", group: "family:etl", overrides: TaskOverride(), createdAt: Date(timeIntervalSince1970: 0))
        task.lastStatus = .stopped
        return task
    }

    private func charge(milliseconds: Int64 = 37000) throws -> Charge {
        try PriceSheet.fargateUSEast1.charge(
            Reservation(size: TaskSize(cpuUnits: 256, memoryMiB: 512), ephemeralStorageGiB: 20),
            durationNanoseconds: milliseconds * 1_000_000)
    }

    /// The entries of several tasks, appended one transaction at a time.
    private func ledger(tasks: Int) throws -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        var head = LedgerHead.genesis
        for number in 1...tasks {
            let records = try charge().records(task: task(number), periodStart: 1_700_000_000_000 + Int64(number))
            entries += try head.appending(records)
            head = LedgerHead(sequence: entries[entries.count - 1].sequence, hash: entries[entries.count - 1].hash)
        }
        return entries
    }

    @Test("chains entries across appends, and verifies")
    func chain() throws {
        let entries = try ledger(tasks: 4)
        #expect(entries.map(\.sequence) == Array(1...12))
        #expect(entries[0].previousHash == LedgerHead.genesis.hash)
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.hash == $1.previousHash })
        let head = try LedgerVerifier.verify(entries)
        #expect(head == LedgerHead(sequence: 12, hash: entries[11].hash))
        #expect(try LedgerVerifier.verify([]) == .genesis)
    }

    @Test("gives byte-identical entries for the same records")
    func replay() throws {
        #expect(try ledger(tasks: 3) == ledger(tasks: 3))
    }

    @Test("writes records as JSON with sorted keys and amounts as exact texts")
    func canonical() throws {
        let entry = try ledger(tasks: 1)[0]
        let text = String(decoding: entry.payload, as: UTF8.self)
        #expect(text.hasPrefix(#"{"attempt":1,"billedSeconds":60,"currency":"USD","durationNanoseconds":37000000000,"#))
        #expect(text.contains(#""amount":"0.00016866""#))
        let record = try entry.record()
        // Byte for byte what earlier versions wrote with it.
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(try encoder.encode(record) == Data(entry.payload))
        #expect(entry.key == record.key)
        #expect(
            record.key
                == "00000000000000000000000000000001/1/berth-linux-x86-cpu/1700000000001/fargate-us-east-1@1/charge")
    }

    @Test("gives every line of every attempt a key of its own")
    func keys() throws {
        let first = try charge().records(task: task(1), attempt: 1, periodStart: 5)
        let second = try charge().records(task: task(1), attempt: 2, periodStart: 5)
        var correction = first[0]
        correction.kind = .correction
        correction.corrects = first[0].key
        let keys = (first + second + [correction]).map(\.key)
        #expect(Set(keys).count == 7)
    }

    @Test("finds every kind of tampering, and says at which entry")
    func tampering() throws {
        let entries = try ledger(tasks: 3)
        func fault(_ change: (inout [LedgerEntry]) -> Void) -> LedgerError? {
            var changed = entries
            change(&changed)
            do throws(LedgerError) {
                _ = try LedgerVerifier.verify(changed)
                return nil
            } catch {
                return error
            }
        }
        #expect(fault { _ in } == nil)
        #expect(fault { $0[3].payload[10] ^= 1 }?.subject == "entry 4")
        #expect(fault { $0[3].hash[0] ^= 1 }?.subject == "entry 4")
        #expect(fault { $0[3].previousHash[0] ^= 1 }?.subject == "entry 4")
        #expect(fault { $0[3].key += "x" }?.subject == "entry 4")
        #expect(fault { $0.remove(at: 4) }?.subject == "entry 6")
        #expect(fault { $0.swapAt(2, 5) }?.subject == "entry 6")
        #expect(fault { $0.removeFirst() }?.subject == "entry 2")
        #expect(fault { $0[4].sequence = 9 }?.subject == "entry 9")
        // Whoever can hash can also hash a changed entry again, but then the next one is no longer chained to it.
        let forged = fault { entries in
            guard var record = try? entries[3].record() else { return }
            record.billedSeconds = 1
            let head = LedgerHead(sequence: 3, hash: entries[2].hash)
            entries.replaceSubrange(3...3, with: (try? head.appending([record])) ?? [])
        }
        #expect(forged?.subject == "entry 5")
    }

    @Test("finds an amount that is not its quantity times its price, and a key that is there twice")
    func content() throws {
        var record = try charge().records(task: task(1), periodStart: 5)[0]
        let same = try LedgerHead.genesis.appending([record, record])
        #expect(throws: LedgerError.self) { try LedgerVerifier.verify(same) }
        record.line.amount = Money(units: record.line.amount.units + 1)
        let wrong = try LedgerHead.genesis.appending([record])
        #expect(throws: LedgerError.self) { try LedgerVerifier.verify(wrong) }
    }

    @Test("holds no record of a task that ended before its pull began")
    func cancelled() throws {
        let reservation = Reservation(size: TaskSize(cpuUnits: 256, memoryMiB: 512), ephemeralStorageGiB: 20)
        let charge = try PriceSheet.fargateUSEast1.charge(reservation, durationNanoseconds: nil)
        #expect(charge.records(task: task(1), periodStart: 0).isEmpty)
        #expect(try Charge(records: []) == nil)
    }

    @Test("gives back the charge that was entered, and the bill is the same from either")
    func bill() throws {
        let charge = try charge()
        let records = try LedgerHead.genesis.appending(charge.records(task: task(1), periodStart: 5)).map {
            try $0.record()
        }
        let restored = try #require(try Charge(records: records))
        #expect(restored == charge)
        var used = TaskBill.Used()
        used.cpuUsec = 1234
        let bill = TaskBill(task: task(1), charge: restored, used: used)
        #expect(bill.total == "0.00020571")
        #expect(bill.priceSheet == "fargate-us-east-1@1")
        #expect(bill.currency == "USD")
        #expect(bill.reserved == .init(cpuUnits: 256, memoryMiB: 512, billedSeconds: 60, runSeconds: 37))
        #expect(bill.lines.map(\.amount) == ["0.00016866", "0.00003705", "0"])
        #expect(bill.used.cpuUsec == 1234)
        #expect(bill.status == .stopped)
    }
}
