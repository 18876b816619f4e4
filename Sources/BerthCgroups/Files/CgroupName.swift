import BerthLinux

/// Ids and container names become directory names: one that could leave its parent is refused (EINVAL), and so are those that
/// begin with a dot, which drivers have for what is no task's.
enum CgroupName {
    static func check(_ name: String) throws(LinuxError) {
        let utf8 = name.utf8
        let isSafe =
            !utf8.isEmpty && utf8.count <= 255 && utf8.first != UInt8(ascii: ".")
            && !utf8.contains(UInt8(ascii: "/")) && !utf8.contains(0) && !utf8.contains(UInt8(ascii: "\n"))
        if !isSafe { throw LinuxError("name a cgroup", "\"\(name)\"", errno: .invalidArgument) }
    }

    /// Whether the engine gives tasks such ids: 32 lowercase hexadecimal digits, as ECS does.
    static func isOfTask(_ name: String) -> Bool {
        name.utf8.count == 32
            && name.utf8.allSatisfy { digits.contains($0) }
    }

    private static let digits = Set("0123456789abcdef".utf8)

    /// What a task is asked to be, before anything is made for it.
    static func check(_ id: String, _ limits: TaskLimits, _ containers: [ContainerLimits]) throws(LinuxError) {
        try check(id)
        for container in containers { try check(container.name) }
        if limits.cpuUnits < 1 {
            throw LinuxError("limit to \(limits.cpuUnits) CPU units", id, errno: .invalidArgument)
        }
        if limits.pids < 1 { throw LinuxError("limit to \(limits.pids) processes", id, errno: .invalidArgument) }
    }
}
