import BerthStore
import Testing

@Suite struct `Group commit` {
    struct Refusal: Error, Equatable {}

    @Test func `a write that fails takes none of its neighbours with it`() async throws {
        try await withStore { store in
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await store.write { writer in
                                try writer.addTask(
                                    StoredTask(task: makeTask(number), launch: .init()), cluster: "default",
                                    family: "etl")
                                if number % 10 == 3 { throw Refusal() }
                            }
                            return true
                        } catch is Refusal {
                            return false
                        } catch {
                            Issue.record(error)
                            return false
                        }
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 180)
            let stored = try await store.read { try $0.liveTasks() }
            #expect(stored.count == 180)
            #expect(Set(stored.map(\.task.id)).isDisjoint(with: [makeTask(3).id, makeTask(193).id]))
        }
    }

    @Test func `a write answers with what its body returned, and reads see it at once`() async throws {
        try await withStore { store in
            let identity = try await store.write { try $0.identity(account: "123456789012", now: 7) }
            #expect(identity.account == "123456789012")
            #expect(identity.created == 7)
            #expect(try await store.read { try $0.meta("instance") } == identity.instance)
            let again = try await store.write { try $0.identity(account: "999999999999", now: 8) }
            #expect(again == identity)
        }
    }
}
