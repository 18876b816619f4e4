import BerthLinux
import BerthOCI
import CBerthLaunch
import Glibc

/// Open namespaces that a container's process enters, in the order that it must: what is in a user namespace can be
/// entered only from within.
struct Joins: ~Copyable {
    private(set) var list: [berth_join] = []

    init(_ linux: RuntimeLinux) throws(Failure) {
        let joined = linux.namespaces.filter { $0.path != nil }
        for namespace in joined.filter({ $0.kind == .user }) + joined.filter({ $0.kind != .user }) {
            guard let path = namespace.path else { continue }
            let file = try step { () throws(LinuxError) in
                try OwnedDescriptor.open(path, flags: O_RDONLY).release()
            }
            list.append(berth_join(descriptor: file, types: Int32(namespace.kind.flag)))
        }
    }

    /// Those of a container's process, all in one step.
    init(of process: Int32, _ linux: RuntimeLinux) {
        let types = linux.namespaces.reduce(0) { $0 | $1.kind.flag }
        list = [berth_join(descriptor: fcntl(process, F_DUPFD_CLOEXEC, 3), types: Int32(types))]
    }

    deinit { for join in list { close(join.descriptor) } }
}
