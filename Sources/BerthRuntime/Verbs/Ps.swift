import BerthCgroups
import BerthLinux
import BerthOCI
import Glibc

extension Verb {
    static let ps = Verb(
        name: "ps", operands: "CONTAINER [PS-OPTIONS]", summary: "show a container's processes",
        options: [.value("format", "f", as: "FORMAT", "\"table\" or \"json\" (default: \"table\")")],
        end: .firstOperand, count: 1...Int.max
    ) { invocation throws(Failure) in
        let container = try invocation.container()
        guard let record = try container.record() else { throw Failure("container not running: \(container.id)") }
        let cgroup = try record.neededCgroup()
        let processes = try step { () throws(RuntimeCgroupError) in try cgroup.processes() }.sorted()
        if try OutputFormat(invocation.arguments) == .json {
            StandardOutput.write(JSONValue.array(processes.map { .number($0) }).text() + "\n")
            return 0
        }
        let options = invocation.arguments.operands.dropFirst()
        let lines = try Program.output(of: "ps", options.isEmpty ? ["-ef"] : Array(options))
        guard let heading = lines.first else { throw Failure("ps printed nothing") }
        guard let column = heading.split(separator: " ").firstIndex(of: "PID") else {
            throw Failure("ps printed no column PID; choose options that show it")
        }
        StandardOutput.write(heading + "\n")
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard words.count > column, let pid = Int32(words[column]), processes.contains(pid) else { continue }
            StandardOutput.write(line + "\n")
        }
        return 0
    }
}
