import BerthLinux
import Glibc
import SystemPackage

/// A fixed parent of cgroups, held open so that what is made below it costs no walk from the root of the filesystem.
final class CgroupDirectory: Sendable {
    let path: String
    let descriptor: OwnedDescriptor

    init(_ path: String) throws(LinuxError) {
        self.path = path
        descriptor = try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Opens a directory that is made first if need be.
    static func making(_ path: String) throws(LinuxError) -> CgroupDirectory {
        try makeAll(path)
        return try CgroupDirectory(path)
    }

    /// Makes a directory and its missing parents, which all may search whatever the daemon's umask: before Linux 6.15
    /// mounting the cgroups of a container walks down to them as the container's root.
    static func makeAll(_ path: String) throws(LinuxError) {
        if access(path, F_OK) == 0 { return }
        if let slash = path.lastIndex(of: "/"), slash > path.startIndex {
            try makeAll(String(path[..<slash]))
        }
        do throws(LinuxError) {
            try check("make cgroup", path) { mkdir(path, 0o755) }
            try check("open for reading", path) { chmod(path, 0o755) }
        } catch  where error.errno == .fileExists {}
    }

    /// The directory as a cgroup.
    var itself: CgroupNode { self["."] }

    subscript(_ name: String) -> CgroupNode { CgroupNode(directory: self, name: name) }

    var number: Int32 { descriptor.number }
}
