import BerthCgroups
import BerthOCI
import Glibc

extension Verb {
    static let events = Verb(
        name: "events", operands: "CONTAINER", summary: "show what a container uses, and when it runs out of memory",
        options: [
            .value("interval", nil, as: "TIME", "time between two readings, such as 5s or 500ms (default: 5s)"),
            .flag("stats", nil, "show one reading and end"),
        ]
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        guard let record = try container.record(), container.status(record) != .stopped else {
            throw Failure("container not running: \(container.id)")
        }
        let interval = try Duration.milliseconds(invocation.arguments["interval"] ?? "5s")
        let cgroup = try record.neededCgroup()
        var kills: UInt64?
        while true {
            let statistics: CgroupStatistics
            do throws(RuntimeCgroupError) {
                statistics = try cgroup.statistics()
            } catch {
                // It went away while we watched: the end of the events. One reading that fails is an error.
                if kills != nil, container.status(record) == .stopped { return 0 }
                throw Failure(error.description)
            }
            if let before = kills, let now = statistics.memory?.oomKills, now > before {
                write("oom", record.id, nil)
            }
            write("stats", record.id, statistics.document)
            if invocation.arguments.has("stats") { return 0 }
            kills = statistics.memory?.oomKills ?? 0
            if container.status(record) == .stopped { return 0 }
            usleep(UInt32(clamping: interval * 1000))
        }
    }

    private static func write(_ type: String, _ id: String, _ data: JSONValue?) {
        var members: [JSONValue.Member] = [.init("type", .string(type)), .init("id", .string(id))]
        if let data { members.append(.init("data", data)) }
        StandardOutput.write(JSONValue.object(members).text() + "\n")
    }
}

/// Lengths of time as Go's programs write them.
enum Duration {
    /// Reads `5s`, `500ms`, `1m30s`.
    static func milliseconds(_ text: String) throws(Failure) -> Int {
        let units = ["h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1]
        var rest = text[...]
        var total = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Int(digits), number < 1_000_000, let factor = units[String(unit)] else {
                total = 0; break
            }
            total += number * factor
        }
        guard total > 0 else { throw Failure("\"\(text)\" is no length of time: write for example 5s or 500ms") }
        return total
    }
}
