import BerthEngine
import BerthModel
import Foundation
import Testing

@testable import BerthAPI
@testable import BerthCgroups

@Suite("Statistics in Docker's shape")
struct StatisticsTests {
    private static func readings(at seconds: Double, cpu: UInt64, received: UInt64) -> TaskReadings {
        var main = CgroupStatistics()
        main.cpu.total = cpu
        main.cpu.user = cpu / 2
        main.cpu.throttling.throttledTime = 9
        main.processes = .init(current: 3, limit: nil)
        var memory = CgroupStatistics.Memory()
        memory.memory = .init(usage: 1 << 20, limit: nil, peak: 2 << 20, failures: nil)
        memory.details = [.init(name: "total_cache", value: 4096), .init(name: "Kept_asIs", value: 1)]
        main.memory = memory
        main.blockIO = .init(serviceBytes: [.init(major: 8, minor: 0, operation: "Read", value: 512)])
        return TaskReadings(
            time: Date(timeIntervalSince1970: 1_700_000_000 + seconds), containers: ["main": main],
            network: NetworkUsage(receivedBytes: received, receivedPackets: 2, sentBytes: 10, sentPackets: 1),
            systemCPU: 1_000 * cpu, cpus: 2)
    }

    @Test("members, differences to the reading before, rates, and null for a container that does not run")
    func statistics() async throws {
        try await LiveEndpoints.run { server in
            server.tasks.will(
                read: [
                    Self.readings(at: 0, cpu: 100, received: 1000), Self.readings(at: 2, cpu: 300, received: 5000),
                    Self.readings(at: 3, cpu: 400, received: 0),
                ], of: FakeTasks.etl)
            let first = try server.ask("/v4/0-0/stats").json
            #expect(first["preread"] as? String == "0001-01-01T00:00:00Z" && first["network_rate_stats"] == nil)
            let second = try server.ask("/v4/0-0/stats").json
            #expect(second["read"] as? String == "2023-11-14T22:13:22.000Z")
            #expect(second["preread"] as? String == "2023-11-14T22:13:20.000Z")
            #expect(second["id"] as? String == "\(FakeTasks.etl)-2659278250")
            func number(_ path: String...) -> Double? {
                var value: Any? = second
                for name in path { value = (value as? [String: Any])?[name] }
                return value as? Double
            }
            #expect(number("cpu_stats", "cpu_usage", "total_usage") == 300)
            #expect(number("cpu_stats", "cpu_usage", "usage_in_usermode") == 150)
            #expect(number("cpu_stats", "system_cpu_usage") == 300_000)
            #expect(number("cpu_stats", "online_cpus") == 2)
            #expect(number("cpu_stats", "throttling_data", "throttled_time") == 9)
            #expect(number("precpu_stats", "cpu_usage", "total_usage") == 100)
            #expect(number("memory_stats", "usage") == 1_048_576)
            #expect(number("memory_stats", "max_usage") == 2_097_152)
            #expect(number("memory_stats", "limit") == 268_435_456)
            #expect(number("memory_stats", "stats", "Kept_asIs") == 1)
            #expect(number("pids_stats", "current") == 3)
            #expect(number("networks", "eth0", "rx_bytes") == 5000)
            #expect(number("network_rate_stats", "rx_bytes_per_sec") == 2000)
            #expect(number("network_rate_stats", "tx_bytes_per_sec") == 0)
            let devices = (second["blkio_stats"] as? [String: Any])?["io_service_bytes_recursive"] as? [[String: Any]]
            #expect(devices?.first?["op"] as? String == "Read" && devices?.first?["value"] as? Int == 512)
            // A counter that began anew has no rate below zero.
            let third = try server.ask("/v4/0-0/task/stats").json
            #expect(Set(third.keys) == ["\(FakeTasks.etl)-2659278250", "\(FakeTasks.etl)-2659278251"])
            let main = third["\(FakeTasks.etl)-2659278250"] as? [String: Any]
            #expect((main?["network_rate_stats"] as? [String: Double])?["rx_bytes_per_sec"] == 0)
            #expect(third["\(FakeTasks.etl)-2659278251"] is NSNull)
        }
    }

    @Test("a container that does not run has null, as on ECS")
    func none() async throws {
        try await LiveEndpoints.run { server in
            server.tasks.will(read: [Self.readings(at: 0, cpu: 1, received: 1)], of: FakeTasks.etl)
            let reply = try server.ask("/v4/0-1/stats")
            #expect(reply.body == "null")
            // Over between two steps.
            #expect(try server.ask("/v4/0-1/stats").status == 404)
        }
    }
}
