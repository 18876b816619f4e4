import BerthModel
import Foundation
import Testing

@testable import BerthStore

@Suite struct `Tables` {
    @Test func `a stopped task is never overwritten`() async throws {
        try await withStore { store in
            let task = makeTask(1)
            try await store.write {
                try $0.addTask(StoredTask(task: task, launch: .init()), cluster: "default", family: "etl")
            }
            let stopped = makeStopped(task)
            #expect(try await store.write { try $0.updateTask(StoredTask(task: stopped, launch: .init())) })
            #expect(try await store.write { try $0.updateTask(StoredTask(task: task, launch: .init())) } == false)
            #expect(try await store.read { try $0.task(task.id) }?.task == stopped)
            #expect(try await store.read { try $0.liveTasks() }.isEmpty)
        }
    }

    @Test func `lists come newest first, in pages that neither skip nor repeat`() async throws {
        try await withStore { store in
            try await store.write { writer in
                for number in 0..<25 {
                    let task = makeTask(number, startedBy: number % 2 == 0 ? "airflow" : nil)
                    try writer.addTask(StoredTask(task: task, launch: .init()), cluster: "default", family: "etl")
                }
            }
            let filter = TaskFilter(cluster: "default", desired: .running, startedBy: "airflow")
            var seen: [String] = []
            var cursor: Int64?
            while true {
                let before = cursor
                let page = try await store.read { try $0.taskIDs(filter, before: before, limit: 5) }
                seen += page.map(\.id)
                cursor = page.last?.cursor
                if page.count < 5 { break }
            }
            #expect(seen == stride(from: 24, through: 0, by: -2).map { makeTask($0).id })
            let prefix = String(makeTask(16).id.prefix(31))
            let found = try await store.read { try $0.tasks(prefix: prefix, limit: 100) }
            #expect(found.map(\.task.id) == (16..<25).reversed().map { makeTask($0).id })
        }
    }

    @Test func `a family's next revision is one above the highest there ever was`() async throws {
        try await withStore { store in
            for expected in 1...3 {
                let definition = try await store.write {
                    try $0.addDefinition(family: "etl", tags: []) { try makeDefinition("etl", $0) }
                }
                #expect(definition.revision == expected)
            }
            _ = try await store.write {
                try $0.addDefinition(family: "other", tags: [Tag(key: "a", value: "b")]) {
                    try makeDefinition("other", $0)
                }
            }
            let latest = try await store.read { try $0.definition(family: "etl", revision: nil) }
            #expect(latest?.taskDefinition.revision == 3)
            let tagged = try await store.read { try $0.definition(family: "other", revision: 1) }
            #expect(tagged?.tags == [Tag(key: "a", value: "b")])
            let after = DefinitionKey(family: "etl", revision: 2)
            let page = try await store.read {
                try $0.definitions(family: nil, status: "ACTIVE", descending: false, after: after, limit: 10)
            }
            #expect(page == [DefinitionKey(family: "etl", revision: 3), DefinitionKey(family: "other", revision: 1)])
        }
    }

    @Test func `a client token is kept until it is old`() async throws {
        try await withStore { store in
            let call = AnsweredCall(request: "digest", tasks: ["a", "b"])
            try await store.write { try $0.addAnsweredCall(call, token: "t", now: 100) }
            #expect(try await store.read { try $0.answeredCall(token: "t") } == call)
            await #expect(throws: StoreError.self) {
                try await store.write { try $0.addAnsweredCall(call, token: "t", now: 101) }
            }
            try await store.write { try $0.removeAnsweredCalls(before: 101) }
            #expect(try await store.read { try $0.answeredCall(token: "t") } == nil)
        }
    }

    @Test func `log streams are found by name, by task and by time`() async throws {
        try await withStore { store in
            try await store.write { writer in
                try writer.ensureLogGroup("/berth/etl", now: 1)
                try writer.ensureLogGroup("/berth/etl", now: 2)
                for number in 0..<5 {
                    try writer.addLogStream(
                        StoredLogStream(
                            group: "/berth/etl", name: "main/\(number)", task: "t\(number)", container: "main",
                            path: "/logs/\(number)", created: Int64(number * 10)))
                }
            }
            let first = try #require(try await store.read { try $0.logStreams(task: "t0") }.first)
            try await store.write { try $0.endLogStream(first, ended: 5, last: 4, bytes: 100) }
            #expect(
                try await store.read { try $0.logGroups(prefix: "/berth", after: nil, limit: 5) }.map(\.bytes) == [100])
            let during = try await store.read {
                try $0.logStreams(group: "/berth/etl", prefix: "", from: 6, until: 30, after: nil, limit: 10)
            }
            #expect(during.map(\.name) == ["main/1", "main/2", "main/3"])
            let named = try await store.read {
                try $0.logStreams(group: "/berth/etl", prefix: "main/", after: "main/3", descending: true, limit: 2)
            }
            #expect(named.map(\.name) == ["main/2", "main/1"])
            try await store.write { try $0.removeLogStreams(task: "t0") }
            #expect(try await store.read { try $0.logGroup("/berth/etl") }?.bytes == 0)
        }
    }

    @Test func `the ledger takes rows and gives none back`() async throws {
        try await withStore { store in
            let row = LedgerRow(
                sequence: 1, key: "task/1", payload: Data("{}".utf8), previousHash: Data(), hash: Data([1]))
            try await store.write { try $0.appendLedger(row) }
            var twin = row
            twin.sequence = 2
            let second = twin
            await #expect(throws: StoreError.self) { try await store.write { try $0.appendLedger(second) } }
            #expect(try await store.read { try $0.ledgerHead() } == row)
            #expect(try await store.read { try $0.ledgerRows(keyPrefix: "task/") } == [row])
            for statement in [
                "UPDATE ledger SET payload = ''", "DELETE FROM ledger", "REPLACE INTO ledger SELECT * FROM ledger",
            ] {
                let error = await #expect(throws: StoreError.self, "\(statement)") {
                    try await store.write { try $0.execute(statement, []) }
                }
                #expect(error?.description.contains("append-only") == true)
            }
            #expect(try await store.read { try $0.ledgerRows(after: 0, limit: 10) } == [row])
        }
    }
}
