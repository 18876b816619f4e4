import BerthModel
import Foundation
import Synchronization
import Testing

@testable import BerthStore

/// What keeps lists quick however many tasks have ended: no query reads more rows than it answers.
@Suite struct `Query plans` {
    /// How SQLite carries out the queries that `body` makes.
    private func plan(_ store: Store, _ body: @escaping @Sendable (StoreReader) throws -> Void) async throws -> [String]
    {
        try await store.read { reader in
            let statements = Mutex<[String]>([])
            reader.database.trace { event in statements.withLock { $0.append(event.expandedDescription) } }
            try body(reader)
            reader.database.trace(options: [], nil)
            return try statements.withLock { $0 }.flatMap { statement in
                try reader.rows("EXPLAIN QUERY PLAN " + statement).map { $0["detail"] as String }
            }
        }
    }

    private func isQuick(_ plan: [String]) -> Bool {
        !plan.isEmpty && plan.allSatisfy { $0.hasPrefix("SEARCH ") }
    }

    @Test func `lists of tasks follow an index that has their order`() async throws {
        try await withStore { store in
            let filters = [
                TaskFilter(cluster: "default", desired: .stopped),
                TaskFilter(cluster: "default", desired: .stopped, family: "etl"),
                TaskFilter(cluster: "default", desired: .running, startedBy: "airflow"),
                TaskFilter(
                    cluster: "default", desired: .running, family: "etl", startedBy: "airflow", launchType: "FARGATE"),
            ]
            for filter in filters {
                let plan = try await plan(store) { _ = try $0.taskIDs(filter, before: 5, limit: 10) }
                #expect(isQuick(plan), "\(plan)")
            }
            let others: [@Sendable (StoreReader) throws -> Void] = [
                { _ = try $0.task("0123") },
                { _ = try $0.tasksStopped(before: 5, limit: 10) },
                { _ = try $0.ledgerRows(keyPrefix: "0123/") },
                { _ = try $0.ledgerRow(key: "0123") },
                { _ = try $0.definition(family: "etl", revision: nil) },
                { _ = try $0.answeredCall(token: "t") },
                { _ = try $0.logStreams(task: "0123") },
                { _ = try $0.logStream(group: "g", name: "n") },
                { _ = try $0.logStreams(group: "g", prefix: "a", after: "b", descending: false, limit: 10) },
                { _ = try $0.logStreamsByTime(group: "g", after: (5, 6), descending: true, limit: 10) },
                { _ = try $0.logStreams(group: "g", prefix: "", from: 5, until: 6, after: (1, 2), limit: 10) },
            ]
            for (number, query) in others.enumerated() {
                let plan = try await plan(store, query)
                #expect(isQuick(plan), "query \(number): \(plan)")
            }
        }
    }

    @Test func `the live tasks are found without the others`() async throws {
        try await withStore { store in
            let plan = try await plan(store) { _ = try $0.liveTasks() }
            #expect(plan.allSatisfy { $0.contains("tasks_live") }, "\(plan)")
            let newest = try await self.plan(store) { _ = try $0.tasks(prefix: "", limit: 10) }
            #expect(newest == ["SCAN tasks"], "by its own order, to the limit")
        }
    }
}
