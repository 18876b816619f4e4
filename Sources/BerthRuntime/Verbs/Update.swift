import BerthCgroups
import BerthLinux
import BerthOCI

extension Verb {
    static let update = Verb(
        name: "update", operands: "CONTAINER", summary: "change the limits of a container",
        options: [
            .value("resources", "r", as: "FILE", "a file of limits as in linux.resources, or \"-\" for standard input"),
            .value("blkio-weight", nil, as: "WEIGHT", "share of disk time, 10 to 1000"),
            .value("cpu-period", nil, as: "MICROSECONDS", "the period that the quota is for"),
            .value("cpu-quota", nil, as: "MICROSECONDS", "CPU time in each period; -1 for no limit"),
            .value("cpu-burst", nil, as: "MICROSECONDS", "CPU time that may be saved for later"),
            .value("cpu-share", nil, as: "SHARES", "share of CPU time; 1024 is the default"),
            .value("cpu-rt-period", nil, as: "MICROSECONDS", "the period of realtime scheduling"),
            .value("cpu-rt-runtime", nil, as: "MICROSECONDS", "realtime CPU time in each period"),
            .value("cpu-idle", nil, as: "0|1", "1: run only when nothing else wants to"),
            .value("cpuset-cpus", nil, as: "LIST", "CPUs to run on, such as 0-3,7"),
            .value("cpuset-mems", nil, as: "LIST", "memory nodes to use"),
            .value("kernel-memory", nil, as: "BYTES", "accepted for cgroup v1"),
            .value("kernel-memory-tcp", nil, as: "BYTES", "accepted for cgroup v1"),
            .value("memory", nil, as: "BYTES", "memory limit; -1 for none"),
            .value("memory-reservation", nil, as: "BYTES", "memory that is left when memory is short"),
            .value("memory-swap", nil, as: "BYTES", "memory and swap together; -1 for no limit"),
            .value("pids-limit", nil, as: "NUMBER", "processes and threads; -1 for no limit"),
            .value("l3-cache-schema", nil, as: "SCHEMA", "not supported: Intel RDT"),
            .value("mem-bw-schema", nil, as: "SCHEMA", "not supported: Intel RDT"),
        ]
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        try container.lock()
        let record = try container.record()
        let status = container.status(record)
        guard let record, status != .stopped && status != .creating else {
            throw Failure("container not running: \(container.id) is \(status.rawValue)")
        }
        let resources = try requested(invocation.arguments)
        let cgroup = try record.neededCgroup()
        try step { () throws(RuntimeCgroupError) in try cgroup.update(resources) }
        return 0
    }

    /// The limits that the command line asks for, by the words of the specification.
    static func requested(_ arguments: Arguments) throws(Failure) -> RuntimeResources {
        for name in ["l3-cache-schema", "mem-bw-schema"] where arguments[name] != nil {
            throw Failure("option --\(name): Berth does not do Intel RDT; use cpuset and CPU limits")
        }
        let document: JSONValue
        if let path = arguments["resources"] {
            document = try path == "-" ? JSONReader.standardInput() : JSONReader.read(path)
        } else {
            document = try usage { () throws(UsageError) in try limits(arguments) }
        }
        do throws(SpecError) {
            let limits = try RuntimeResourceLimits(Field(document: document))
            return RuntimeResources(limits, withDevices: !limits.devices.isEmpty)
        } catch {
            throw Failure("\(arguments["resources"] ?? "limits"): \(error)")
        }
    }

    private static func limits(_ arguments: Arguments) throws(UsageError) -> JSONValue {
        func part(_ fields: [(String, String)]) throws(UsageError) -> JSONValue {
            var members: [JSONValue.Member] = []
            for (name, option) in fields {
                guard let text = arguments[option] else { continue }
                if option.hasPrefix("cpuset") {
                    members.append(.init(name, .string(text)))
                } else if let number = try arguments.integer(option, Int64.self) {
                    members.append(.init(name, .integer(number)))
                }
            }
            return .object(members)
        }
        return .object([
            .init(
                "memory",
                try part([
                    ("limit", "memory"), ("reservation", "memory-reservation"), ("swap", "memory-swap"),
                    ("kernel", "kernel-memory"), ("kernelTCP", "kernel-memory-tcp"),
                ])),
            .init(
                "cpu",
                try part([
                    ("shares", "cpu-share"), ("quota", "cpu-quota"), ("burst", "cpu-burst"), ("period", "cpu-period"),
                    ("realtimeRuntime", "cpu-rt-runtime"), ("realtimePeriod", "cpu-rt-period"), ("idle", "cpu-idle"),
                    ("cpus", "cpuset-cpus"), ("mems", "cpuset-mems"),
                ])),
            .init("pids", try part([("limit", "pids-limit")])),
            .init("blockIO", try part([("weight", "blkio-weight")])),
        ])
    }
}

extension JSONReader {
    /// The document on standard input.
    static func standardInput() throws(Failure) -> JSONValue {
        let bytes = try step { () throws(LinuxError) in
            try SmallFile.readBytes(of: 0, named: "standard input", limit: 16 << 20)
        }
        return try parse(bytes, name: "standard input")
    }
}
