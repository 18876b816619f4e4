import BerthLinux
import SystemPackage

/// Writes fields into the files that the kernel has for them, and tells of each that it cannot.
struct ResourceWriter {
    let cgroup: RuntimeCgroup
    /// By v2 controller, why it was not handed down.
    let refusals: [String: LinuxError]

    /// Where a controller lives.
    enum Home {
        case legacy(CgroupNode)
        case unified(CgroupNode)

        var node: CgroupNode {
            switch self {
            case .legacy(let node), .unified(let node): node
            }
        }
    }

    /// A field, by its place in config.json, with the value that was asked for.
    struct Field {
        var name: String
        var value: String

        init(_ name: String, _ value: some CustomStringConvertible) {
            self.name = "linux.resources." + name
            self.value = value.description
        }

        func unsupported(_ reason: String) -> RuntimeCgroupError {
            .unsupported(field: name, value: value, reason: reason)
        }

        func invalid(_ reason: String) -> RuntimeCgroupError {
            .invalid(field: name, value: value, reason: reason)
        }
    }

    /// - Parameters:
    ///   - controller: as v1 calls it.
    ///   - unified: as v2 calls it; nil when v2 has none.
    func home(_ controller: String, unified name: String?, for field: Field) throws(RuntimeCgroupError) -> Home {
        if let home = cgroup.home(controller, unified: name) { return home }
        guard let name else {
            throw field.unsupported("the controller \(controller) is of cgroup v1, and not mounted on this host")
        }
        if let refusal = refusals[name] {
            let remedy = refusal.errno == .resourceBusy ? "; processes sit in a cgroup above it" : ""
            throw field.unsupported("the controller \(name) is not handed down to the cgroup: \(refusal)\(remedy)")
        }
        throw field.unsupported("the cgroup has no controller \(name)")
    }

    /// Writes the value, or another way to say it, into a file.
    func write(
        _ field: Field, as text: String? = nil, to file: String, of node: CgroupNode
    ) throws(RuntimeCgroupError) {
        do throws(LinuxError) {
            try node.write(text ?? field.value, to: file)
        } catch {
            // Of a cgroup that is there, files are missing which this kernel does not know.
            if error.errno == .noSuchFileOrDirectory, node.exists() {
                throw field.unsupported("this kernel has no \(file)")
            }
            throw .refused(field: field.name, value: field.value, error)
        }
    }

    func read(_ file: String, of node: CgroupNode, for field: Field) throws(RuntimeCgroupError) -> String {
        do throws(LinuxError) {
            return try node.read(file)
        } catch {
            throw .refused(field: field.name, value: field.value, error)
        }
    }
}

extension RuntimeCgroup {
    /// Where a controller limits this cgroup; nil when it has no power here.
    func home(_ controller: String, unified name: String?) -> ResourceWriter.Home? {
        if let hierarchy = legacy.first(where: { $0.controllers.contains(controller) }) {
            return .legacy(hierarchy.node)
        }
        guard let name, let offered = try? unified.words("cgroup.controllers"), offered.contains(name) else {
            return nil
        }
        return .unified(unified)
    }

    /// The v1 node of a controller.
    func legacyNode(_ controller: String) -> CgroupNode? {
        legacy.first { $0.controllers.contains(controller) }?.node
    }

    func apply(_ resources: RuntimeResources, _ refusals: [String: LinuxError]) throws(RuntimeCgroupError) {
        let writer = ResourceWriter(cgroup: self, refusals: refusals)
        try writer.set(resources.memory)
        try writer.set(resources.cpu)
        try writer.setCpuset(resources.cpu)
        try writer.setProcesses(resources.pidsLimit)
        try writer.set(resources.blockIO)
        try writer.set(resources.hugepages)
        try writer.set(resources.network)
        try writer.set(resources.rdma)
        try writer.set(unified: resources.unified)
        if let rules = resources.devices { try writer.set(devices: rules) }
    }
}
