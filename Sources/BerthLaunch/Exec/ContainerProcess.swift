import BerthLinux
import Glibc
import SystemPackage

/// What the kernel says of a container's first process.
enum ContainerProcess {
    /// How the ids of its user namespace stand for ours; nil when it is in ours.
    ///
    /// The kernel is asked, and not a plan or a record: to enter a container without its user namespace would be to enter
    /// it as root of the host.
    static func idMaps(of pidfd: Int32) throws(LinuxError) -> IDMaps? {
        let process = try number(of: pidfd)
        let theirs = try namespace("/proc/\(process)/ns/user")
        let uids = try SmallFile.read("/proc/\(process)/uid_map")
        let gids = try SmallFile.read("/proc/\(process)/gid_map")
        // What was read is that process's if it still lives: until then its number was nobody else's.
        guard try number(of: pidfd) == process else { throw gone }
        guard try theirs != namespace("/proc/self/ns/user") else { return nil }
        let first = uids.split(separator: "\n").first?.split(separator: " ") ?? []
        guard first.count == 3, first[0] == "0", let root = UInt32(first[1]) else { throw gone }
        return IDMaps(uids: uids, gids: gids, root: root)
    }

    private static let gone = LinuxError("enter", "container", errno: .noSuchProcess)

    /// Its process id.
    private static func number(of pidfd: Int32) throws(LinuxError) -> Int {
        let fields = try SmallFile.read("/proc/self/fdinfo/\(pidfd)").split(separator: "\n")
        guard let line = fields.first(where: { $0.hasPrefix("Pid:") }),
            let number = Int(line.dropFirst(4).drop { $0 == "\t" || $0 == " " }), number > 0
        else { throw gone }
        return number
    }

    private static func namespace(_ path: String) throws(LinuxError) -> UInt64 {
        var status = stat()
        try check("look at", path) { stat(path, &status) }
        return UInt64(status.st_ino)
    }
}
