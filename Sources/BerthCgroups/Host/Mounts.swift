import BerthLinux

/// A mounted cgroup hierarchy, from a line of `/proc/self/mountinfo`.
struct CgroupMount: Equatable, Sendable {
    /// Where it is mounted.
    var path: String
    /// The v1 controllers it carries; nil for v2.
    var controllers: [String]?

    /// All cgroup mounts of a mountinfo file (proc_pid_mountinfo(5)), in its order.
    static func parse(_ mountinfo: String) -> [CgroupMount] {
        mountinfo.split(separator: "\n").compactMap { line in
            guard mayBeCgroup(line) else { return nil }
            let fields = line.split(separator: " ")
            // Optional fields end with a lone hyphen; type, source and options of the filesystem follow.
            guard let hyphen = fields.indices.dropFirst(6).first(where: { fields[$0] == "-" }),
                hyphen + 3 < fields.count
            else { return nil }
            let path = MountTable.unescaped(fields[4])
            switch fields[hyphen + 1] {
            case "cgroup2":
                return CgroupMount(path: path, controllers: nil)
            case "cgroup":
                return CgroupMount(path: path, controllers: fields[hyphen + 3].split(separator: ",").map(String.init))
            default:
                return nil
            }
        }
    }

    /// A host of containers has a thousand other mounts, which are not worth taking apart.
    private static func mayBeCgroup(_ line: Substring) -> Bool {
        line.utf8.withContiguousStorageIfAvailable { bytes in
            let type = " - cgroup".utf8
            return bytes.indices.dropLast(type.count - 1).contains {
                bytes[$0] == UInt8(ascii: " ") && bytes[$0 + 1] == UInt8(ascii: "-") && bytes[$0...].starts(with: type)
            }
        } ?? true
    }
}
