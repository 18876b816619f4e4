extension RuntimeLinux {
    /// Which kernel parameters belong to a namespace, and so to a container that has it (namespaces(7)). All others
    /// belong to the host: `kernel.core_pattern` names a program that the kernel runs as host root (CVE-2022-0811).
    func checkSysctl(_ field: Field) throws(SpecError) {
        for (name, entry) in try field.entries() {
            guard let kind = Self.namespace(ofSysctl: name) else {
                throw entry.error("belongs to the host, not to a container", "remove it")
            }
            guard let namespace = namespace(kind) else {
                throw entry.error(
                    "would change the runtime's own \(kind.rawValue) namespace",
                    "add {\"type\": \"\(kind.rawValue)\"} to linux.namespaces, or remove it")
            }
            // A joined network namespace of the host's is the host's; runc compares the files, which Berth leaves to
            // the kernel's own permission check when a user namespace is there.
            _ = namespace
            if let value = try entry.string(), value.contains("\n") || value.isEmpty {
                throw entry.error("is no value of a kernel parameter", "write one line")
            }
        }
    }

    /// Nil for what no namespace has of its own, and for what is no name at all.
    static func namespace(ofSysctl name: String) -> RuntimeNamespace.Kind? {
        let dotted = dotted(name)
        let parts = dotted.split(separator: ".", omittingEmptySubsequences: false)
        let isName = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") } && part != "/"
                && !part.split(separator: "/", omittingEmptySubsequences: false).contains { $0.isEmpty || $0 == ".." }
        }
        guard isName, parts.count > 1 else { return nil }
        if parts[0] == "net" { return .network }
        if dotted.hasPrefix("fs.mqueue.") || ipc.contains(dotted) { return .ipc }
        return uts.contains(dotted) ? .uts : nil
    }

    /// sysctl(8) takes both separators; the first one in a name decides which it is. With slashes, dots are part of
    /// names (`net/ipv4/conf/eth0.1/forwarding`), and become slashes here.
    static func dotted(_ name: String) -> String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }

    private static let ipc: Set = [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
        "kernel.shmmni", "kernel.shm_rmid_forced", "kernel.auto_msgmni", "kernel.msg_next_id", "kernel.sem_next_id",
        "kernel.shm_next_id",
    ]
    private static let uts: Set = ["kernel.domainname", "kernel.hostname"]
}
