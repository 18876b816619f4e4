import BerthLinux
import SystemPackage

/// Hands v2 controllers down to a runtime's cgroup, a level at a time.
struct RuntimeDelegation {
    private let cgroup: RuntimeCgroup

    init(_ cgroup: RuntimeCgroup) { self.cgroup = cgroup }

    /// On a unified host every controller is handed down, for the statistics. On a hybrid one v2 serves only for what a
    /// field asks: a controller that is handed down forbids processes in the parents.
    ///
    /// - Returns: by controller, why it could not be; no error as long as no field needs it.
    func enable(for resources: RuntimeResources) throws(RuntimeCgroupError) -> [String: LinuxError] {
        let root = cgroup.unified.directory.itself
        var refusals: [String: LinuxError] = [:]
        for level in [root] + cgroup.unified.levels.dropLast() {
            let (offered, enabled) = try failing { () throws(LinuxError) in
                (try level.words("cgroup.controllers"), try level.words("cgroup.subtree_control"))
            }
            let wanted = offered.filter { !enabled.contains($0) && (cgroup.isUnified || resources.need($0)) }
            if wanted.isEmpty || (try? level.enable(wanted)) != nil { continue }
            for controller in wanted {
                do throws(LinuxError) {
                    try level.enable([controller])
                } catch {
                    refusals[controller] = error
                }
            }
        }
        return refusals
    }
}

extension CgroupNode {
    func words(_ file: String) throws(LinuxError) -> [String] {
        try read(file).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    fileprivate func enable(_ controllers: [String]) throws(LinuxError) {
        try write(controllers.map { "+" + $0 }.joined(separator: " "), to: "cgroup.subtree_control")
    }
}

extension RuntimeResources {
    /// Whether a field is a v2 controller's.
    fileprivate func need(_ controller: String) -> Bool {
        if unified.keys.contains(where: { $0.hasPrefix(controller + ".") }) { return true }
        return switch controller {
        case "cpu": !cpu.isEmptyForCPU
        case "cpuset": cpu.cpus != nil || cpu.mems != nil
        case "memory": memory != Memory()
        case "pids": pidsLimit != nil
        case "io": blockIO != BlockIO()
        case "hugetlb": !hugepages.isEmpty
        case "rdma": !rdma.isEmpty
        default: false
        }
    }
}

extension RuntimeResources.CPU {
    fileprivate var isEmptyForCPU: Bool {
        var rest = self
        rest.cpus = nil
        rest.mems = nil
        return rest == RuntimeResources.CPU()
    }
}
