import BerthLinux
import Glibc
import Testing

@testable import BerthCgroups

/// What the kernel itself shows of a task, whichever driver made it.
struct KernelView {
    let driver: any CgroupDriver
    let task: TaskCgroup

    var isUnified: Bool { driver.name == "unified" }

    /// The task's directory in the hierarchy of a controller.
    func directory(_ controller: String) throws -> String {
        let own = task.directories.filter { $0.hasSuffix("/\(task.id)") }
        if isUnified { return try #require(own.last) }
        return try #require(
            own.first { $0.split(separator: "/").contains { $0.split(separator: ",").contains { $0 == controller } } })
    }

    func read(_ file: String, of controller: String) throws -> String {
        let content = try SmallFile.read(directory(controller) + "/" + file)
        return String(content.prefix { $0 != "\n" })
    }

    func key(_ key: String, in file: String, of controller: String) throws -> Int {
        let line = try SmallFile.read(directory(controller) + "/" + file).split(separator: "\n")
            .first { $0.hasPrefix(key + " ") }
        return try #require(line.flatMap { Int($0.dropFirst(key.count + 1)) })
    }

    /// Quota and period in µs.
    var bandwidth: String {
        get throws {
            try isUnified
                ? read("cpu.max", of: "cpu")
                : read("cpu.cfs_quota_us", of: "cpu") + " " + read("cpu.cfs_period_us", of: "cpu")
        }
    }

    var memoryLimit: String {
        get throws { try read(isUnified ? "memory.max" : "memory.limit_in_bytes", of: "memory") }
    }

    var processes: Int { get throws { try #require(Int(read("pids.current", of: "pids"))) } }
}

extension TaskCgroup {
    /// All its directories in every hierarchy, deepest first. Those in v1 are the ones that its containers join.
    var directories: [String] {
        let joined = Set(containers.flatMap(\.joins).map { String($0.dropLast("/tasks".count)) })
        let own = joined.filter { $0.contains("/\(id)/c-") }
        let tasks = joined.subtracting(own).union(own.map { String($0[..<($0.lastIndex(of: "/") ?? $0.endIndex)]) })
        return Array(own) + tasks + removals
    }

    /// The CPU time that each of its containers has used, in µs.
    var cpuUsecByContainer: [UInt64] {
        get throws {
            try containers.map {
                try #require(Keyed.value("usage_usec", in: SmallFile.read($0.lifecycle + "/cpu.stat")))
            }
        }
    }

    /// Makes the removals that its plan asks of a shim.
    func removeAsShim() {
        for path in removals where rmdir(path) != 0 { Issue.record("\(path): errno \(errno)") }
    }
}
