import Testing

@testable import BerthCgroups

/// The kernel's formats, without a kernel.
@Suite("Usage is read from counters")
struct UsageTests {
    private let driver = UnifiedDriver(mount: "/nowhere", root: "/berth")

    private func usage(_ readings: (String, Int?, String)...) -> TaskUsage {
        driver.usage(from: readings.map { CounterReading(name: $0.0, container: $0.1, content: $0.2) })
    }

    @Test("of v2")
    func unified() {
        var expected = TaskUsage()
        expected.cpuUsec = 3_000_001
        expected.cpuUserUsec = 2_000_000
        expected.cpuSystemUsec = 1_000_001
        expected.throttledUsec = 77
        expected.memoryPeakBytes = 4096
        expected.oomKills = 3
        expected.containerOOMKills = [0: 1, 1: 2]
        expected.ioReadBytes = 4196
        expected.ioWriteBytes = 8192
        expected.ioReads = 2
        expected.ioWrites = 2
        expected.pidsPeak = 9
        #expect(
            usage(
                (
                    "cpu.stat", nil,
                    "usage_usec 3000001\nuser_usec 2000000\nsystem_usec 1000001\nnice_usec 5\nthrottled_usec 77\n"
                ),
                ("memory.peak", nil, "4096\n"),
                ("memory.events", nil, "low 0\nhigh 0\nmax 8\noom 5\noom_kill 3\noom_group_kill 1\n"),
                ("memory.events", 0, "oom 9\noom_kill 1\n"), ("memory.events", 1, "oom_kill 2\n"),
                (
                    "io.stat", nil,
                    "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n7:0 rbytes=100 wbytes=0 rios=1 wios=0\n"
                ),
                ("pids.peak", nil, "9\n")) == expected)
    }

    @Test("of v1, where a kill for memory counts at its own node alone")
    func hybrid() {
        var expected = TaskUsage()
        expected.cpuUsec = 10
        expected.throttledUsec = 5
        expected.memoryPeakBytes = 1 << 20
        expected.oomKills = 6
        expected.containerOOMKills = [0: 2, 1: 3]
        expected.ioReadBytes = 11
        expected.ioWriteBytes = 22
        expected.ioReads = 1
        expected.ioWrites = 2
        #expect(
            usage(
                ("cpu.stat", nil, "usage_usec 10\n"),
                ("v1/cpu.stat", nil, "nr_periods 3\nnr_throttled 1\nthrottled_time 5999\n"),
                ("memory.max_usage_in_bytes", nil, "1048576\n"),
                ("memory.oom_control", nil, "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"),
                ("memory.oom_control", 0, "oom_kill 2\n"), ("memory.oom_control", 1, "oom_kill 3\n"),
                (
                    "blkio.throttle.io_service_bytes_recursive", nil,
                    "254:0 Read 11\n254:0 Write 22\n254:0 Total 33\nTotal 33\n"
                ),
                ("blkio.throttle.io_serviced_recursive", nil, "254:0 Read 1\n254:0 Write 2\nTotal 3\n")) == expected)
    }

    @Test("as far as this kernel has them: what is missing or no number is nil")
    func tolerant() {
        #expect(usage() == TaskUsage())
        #expect(
            usage(
                ("cpu.stat", nil, ""), ("memory.peak", nil, "max\n"), ("memory.oom_control", nil, "under_oom 0\n"),
                ("what.is.this", 4, "1"))
                == TaskUsage())
        let idle = usage(("io.stat", nil, ""))
        #expect(idle.ioReadBytes == 0 && idle.ioWrites == 0)
        #expect(usage(("io.stat", nil, "8:0 \n8:16 rbytes=5\n")).ioReadBytes == 5)
    }

    @Test(
        "in CPU units: bandwidth",
        arguments: [
            (256, 25_000, 100_000), (1024, 100_000, 100_000), (16384, 1_600_000, 100_000), (333, 32_519, 100_000),
            (11, 1_074, 100_000), (10, 1_000, 102_400), (2, 1_000, 512_000), (1, 1_000, 1_000_000),
        ])
    func bandwidth(units: Int, quota: Int, period: Int) {
        #expect(CPUUnits.bandwidth(units) == CPUUnits.Bandwidth(quota: quota, period: period))
    }

    @Test(
        "in CPU units: weights and shares",
        arguments: [
            (1, 1, 2), (2, 1, 2), (256, 25, 256), (1024, 100, 1024), (16384, 1600, 16384), (400_000, 10_000, 262_144),
        ])
    func weights(units: Int, weight: Int, shares: Int) {
        #expect(CPUUnits.weight(units) == weight)
        #expect(CPUUnits.shares(units) == shares)
    }
}
