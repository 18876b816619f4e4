import BerthCgroups

/// The host's cgroup hierarchies, looked up once: the command lives for one container, and the list of mounts is long.
enum Hierarchies {
    static func found() throws(Failure) -> CgroupHierarchies {
        switch detected {
        case .success(let hierarchies): return hierarchies
        case .failure(let error): throw Failure(error.description)
        }
    }

    private static let detected: Result<CgroupHierarchies, CgroupHostError> = Result {
        () throws(CgroupHostError) in try CgroupHierarchies.detect()
    }
}

extension RuntimeCgroup {
    /// Names a cgroup on this host.
    static func named(_ path: RuntimeCgroupPath) throws(Failure) -> RuntimeCgroup {
        let hierarchies = try Hierarchies.found()
        return try step { () throws(RuntimeCgroupError) in try RuntimeCgroup(path, on: hierarchies) }
    }
}
