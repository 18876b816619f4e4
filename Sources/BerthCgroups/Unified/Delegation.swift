import BerthLinux
import Glibc
import SystemPackage

/// Hands controllers down from the mount to the tasks, a level at a time.
struct Delegation {
    let mount: String
    /// Absolute within the hierarchy.
    let root: String

    private static let required = CgroupHost.required
    private static let optional = ["io"]

    /// Enables the controllers for the children of every level down to `<root>/tasks`, where that is not so yet.
    func enable() throws(LinuxError) {
        var level = ""
        try enable(at: level)
        for part in (root + "/tasks").split(separator: "/") {
            level += "/" + part
            try enable(at: level)
        }
    }

    private func enable(at level: String) throws(LinuxError) {
        let path = mount + level
        let offered = try words(path + "/cgroup.controllers")
        let enabled = try words(path + "/cgroup.subtree_control")
        let missing = Self.required.filter { !enabled.contains($0) }
        if let absent = missing.first(where: { !offered.contains($0) }) {
            throw LinuxError("find the controller \(absent) in", path + "/cgroup.controllers", errno: .notSupported)
        }
        try enable(missing, at: level)
        try? enable(Self.optional.filter { offered.contains($0) && !enabled.contains($0) }, at: level)
    }

    /// A cgroup that hands controllers down may hold no process of its own (EBUSY). If the one it holds is the daemon,
    /// it was put there by whoever delegated the cgroup to it, and steps aside.
    private func enable(_ controllers: [String], at level: String) throws(LinuxError) {
        guard !controllers.isEmpty else { return }
        let file = mount + level + "/cgroup.subtree_control"
        let change = controllers.map { "+" + $0 }.joined(separator: " ")
        do throws(LinuxError) {
            try SmallFile.write(change, to: file)
        } catch  where error.errno == .resourceBusy {
            guard level == root, try ownCgroup() == root else {
                throw LinuxError("hand controllers down while processes sit in", mount + level, errno: .resourceBusy)
            }
            try SmallFile.write("0", to: mount + root + "/supervisor/cgroup.procs")
            try SmallFile.write(change, to: file)
        }
    }

    /// Where this process is in v2: the line `0::/path` of `/proc/self/cgroup`.
    private func ownCgroup() throws(LinuxError) -> String? {
        try SmallFile.read("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }
            .map { String($0.dropFirst(3)) }
    }

    private func words(_ path: String) throws(LinuxError) -> [String] {
        try SmallFile.read(path).split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
