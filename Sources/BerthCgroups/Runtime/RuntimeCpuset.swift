import BerthLinux
import SystemPackage

/// Which CPUs and memory nodes.
enum RuntimeCpuset {
    /// In v1 a cgroup begins with none, and no process can join it until it has some.
    static func inherit(_ node: CgroupNode) throws(LinuxError) {
        for file in ["cpuset.cpus", "cpuset.mems"] where try isBlank(node.read(file)) {
            try node.write(try node.parent.read(file), to: file)
        }
    }

    private static func isBlank(_ content: String) -> Bool { content.allSatisfy(\.isWhitespace) }
}

extension CgroupNode {
    fileprivate var parent: CgroupNode {
        guard let slash = name.lastIndex(of: "/") else { return directory.itself }
        return directory[String(name[..<slash])]
    }
}

extension ResourceWriter {
    func setCpuset(_ cpu: RuntimeResources.CPU) throws(RuntimeCgroupError) {
        for (name, list) in [("cpus", cpu.cpus), ("mems", cpu.mems)] {
            guard let list, !list.isEmpty else { continue }
            let field = Field("cpu." + name, list)
            try write(field, to: "cpuset." + name, of: home("cpuset", unified: "cpuset", for: field).node)
        }
    }
}
