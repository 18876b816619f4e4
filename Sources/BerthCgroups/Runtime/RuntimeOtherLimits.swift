import BerthLinux
import SystemPackage

/// Processes.
extension ResourceWriter {
    func setProcesses(_ limit: Int64?) throws(RuntimeCgroupError) {
        guard let limit else { return }
        let field = Field("pids.limit", limit)
        // No limit is what a cgroup without the controller has.
        if limit <= 0, cgroup.home("pids", unified: "pids") == nil { return }
        let node = try home("pids", unified: "pids", for: field).node
        try write(field, as: limit <= 0 ? "max" : String(limit), to: "pids.max", of: node)
    }
}

/// Huge pages.
extension ResourceWriter {
    func set(_ limits: [RuntimeResources.Hugepages]) throws(RuntimeCgroupError) {
        for limit in limits {
            let field = Field("hugepageLimits", "\(limit.pageSize) \(limit.limit)")
            guard limit.pageSize.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) }) else {
                throw field.invalid("a page size is a number and a unit, as in 2MB")
            }
            let home = try home("hugetlb", unified: "hugetlb", for: field)
            let suffix: String
            switch home {
            case .legacy: suffix = "limit_in_bytes"
            case .unified: suffix = "max"
            }
            try write(
                field, as: String(limit.limit), to: "hugetlb.\(limit.pageSize).\(suffix)", of: home.node)
            // Also what is reserved and not yet touched: a fault beyond the limit would be a SIGBUS (5.7).
            let reserved = "hugetlb.\(limit.pageSize).rsvd.\(suffix)"
            if home.node.has(reserved) { try write(field, as: String(limit.limit), to: reserved, of: home.node) }
        }
    }
}

/// Marks on network packets, which are v1's alone.
extension ResourceWriter {
    func set(_ network: RuntimeResources.Network) throws(RuntimeCgroupError) {
        if let number = network.classID {
            let field = Field("network.classID", number)
            try write(field, to: "net_cls.classid", of: home("net_cls", unified: nil, for: field).node)
        }
        for one in network.priorities {
            let field = Field("network.priorities", "\(one.name) \(one.priority)")
            try write(field, to: "net_prio.ifpriomap", of: home("net_prio", unified: nil, for: field).node)
        }
    }
}

/// RDMA handles and objects.
extension ResourceWriter {
    func set(_ rdma: [String: RuntimeResources.RDMA]) throws(RuntimeCgroupError) {
        for (device, limit) in rdma.sorted(by: { $0.key < $1.key }) {
            var text = device
            if let handles = limit.handles { text += " hca_handle=\(handles)" }
            if let objects = limit.objects { text += " hca_object=\(objects)" }
            let field = Field("rdma", text)
            try write(field, to: "rdma.max", of: home("rdma", unified: "rdma", for: field).node)
        }
    }
}

/// Any file of v2, by its name.
extension ResourceWriter {
    func set(unified files: [String: String]) throws(RuntimeCgroupError) {
        for (file, value) in files.sorted(by: { $0.key < $1.key }) {
            let field = Field("unified.\(file)", value)
            if file.isEmpty || file.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 }) || file.hasPrefix(".")
            {
                throw field.invalid("it is no name of a cgroup's file")
            }
            guard cgroup.unified.has(file) else {
                let controller = String(file.prefix { $0 != "." })
                if cgroup.legacyNode(controller) != nil {
                    throw field.unsupported("the controller \(controller) is a v1 one on this host")
                }
                let cause = refusals[controller].map { ": \($0)" } ?? ""
                throw field.unsupported("cgroup v2 has no such file here" + cause)
            }
            // A file such as io.max takes one device a write.
            for line in value.split(separator: "\n") {
                try write(field, as: String(line), to: file, of: cgroup.unified)
            }
        }
    }
}
