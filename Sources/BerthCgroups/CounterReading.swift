import BerthLinux

extension CounterReading {
    /// Reads counter files as they are now.
    static func read(_ files: [CounterFile]) throws(LinuxError) -> [CounterReading] {
        var readings: [CounterReading] = []
        for file in files {
            readings.append(
                CounterReading(name: file.name, container: file.container, content: try SmallFile.read(file.path)))
        }
        return readings
    }
}

extension CgroupDriver {
    /// Every counter names itself, so a record written under one driver is read alike under the other: after a restart
    /// of the host with other boot parameters, say.
    public func usage(from readings: [CounterReading]) -> TaskUsage {
        var usage = TaskUsage()
        for reading in readings {
            UnifiedCPU.read(reading, into: &usage)
            UnifiedMemory.read(reading, into: &usage)
            UnifiedPIDs.read(reading, into: &usage)
            UnifiedIO.read(reading, into: &usage)
            HybridCPU.read(reading, into: &usage)
            HybridMemory.read(reading, into: &usage)
            HybridBlockIO.read(reading, into: &usage)
        }
        return usage
    }
}
