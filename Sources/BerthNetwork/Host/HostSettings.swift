import BerthLinux
import Glibc

/// Settings of the host's kernel that tasks' traffic needs, and what they were before.
///
/// What is changed is written down first, so that `berth network reset` can put it back; a restart of the machine forgets
/// the changes, and so does the file.
struct HostSettings {
    private let memory: String
    /// Path below `/proc/sys/net` and old value.
    private var changed: [(path: String, old: String)] = []

    init(memory: String) throws(LinuxError) {
        self.memory = memory
        var lines = try Self.read(memory).split(separator: "\n")
        guard let boot = lines.first, boot == (try Self.bootID()) else { return }
        lines.removeFirst()
        changed = lines.compactMap { line in
            let parts = line.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    /// Whether the host forwarded no IPv4, and no IPv6, before Berth made it or is about to.
    var makesForwarding: (ipv4: Bool, ipv6: Bool) { (makes(Self.forwarding), makes(Self.forwarding6)) }

    private func makes(_ path: String) -> Bool {
        changed.contains { $0.path == path } || (try? Self.value(path)) == "0"
    }

    /// - Parameter bridge: its own settings go with it, and are not remembered.
    mutating func apply(bridge: String, ipv6: Bool) throws(LinuxError) {
        // Published ports are reached at 127.0.0.1 too; strangers there are dropped by the firewall.
        try Self.write("ipv4/conf/\(bridge)/route_localnet", "1")
        try Self.write("ipv4/conf/\(bridge)/send_redirects", "0")
        try change(Self.forwarding, to: "1")
        guard ipv6 else { return }
        try Self.write("ipv6/conf/\(bridge)/accept_ra", "0")
        // A host that forwards listens to no router any more, unless it is told to: it would lose its own way out.
        let others = try Self.links().filter { link in
            link != "all" && link != "default" && link != bridge && !link.hasPrefix(bridge + "-")
        }
        for link in others {
            let path = "ipv6/conf/\(link)/accept_ra"
            // It may be gone by now.
            if (try? Self.value(path)) == "1" { try change(path, to: "2") }
        }
        try change(Self.forwarding6, to: "1")
    }

    /// Puts everything back, the latest first. Links that are gone are left out.
    mutating func restore() throws(LinuxError) {
        for (path, old) in changed.reversed() where Self.exists(path) { try Self.write(path, old) }
        changed = []
        if unlink(memory) != 0, errno != ENOENT { throw LinuxError("delete", memory, errno: .current) }
    }

    static func exists(_ path: String) -> Bool { access("/proc/sys/net/" + path, F_OK) == 0 }

    private mutating func change(_ path: String, to value: String) throws(LinuxError) {
        let old = try Self.value(path)
        if old == value { return }
        if !changed.contains(where: { $0.path == path }) {
            changed.append((path, old))
            try remember()
        }
        try Self.write(path, value)
    }

    private func remember() throws(LinuxError) {
        let text = ([try Self.bootID()] + changed.map { "\($0.path) \($0.old)" }).joined(separator: "\n") + "\n"
        let new = memory + ".new"
        let file = try OwnedDescriptor.open(new, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        let bytes = Array(text.utf8)
        try check("write", new) { Glibc.write(file.number, bytes, bytes.count) }
        try check("write", new) { fdatasync(file.number) }
        try check("rename", new) { rename(new, memory) }
    }

    private static let forwarding = "ipv4/ip_forward"
    private static let forwarding6 = "ipv6/conf/all/forwarding"

    private static func links() throws(LinuxError) -> [String] {
        guard let directory = opendir("/proc/sys/net/ipv6/conf") else {
            throw LinuxError("read", "/proc/sys/net/ipv6/conf", errno: .current)
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func bootID() throws(LinuxError) -> String {
        try trimmed(SmallFile.read("/proc/sys/kernel/random/boot_id"))
    }

    private static func value(_ path: String) throws(LinuxError) -> String {
        try trimmed(SmallFile.read("/proc/sys/net/" + path))
    }

    static func write(_ path: String, _ value: String) throws(LinuxError) {
        try SmallFile.write(value, to: "/proc/sys/net/" + path)
    }

    private static func trimmed(_ text: String) -> String { String(text.prefix { $0 != "\n" }) }

    /// Empty when there is none.
    private static func read(_ path: String) throws(LinuxError) -> String {
        do { return try SmallFile.read(path) } catch  where error.errno == .noSuchFileOrDirectory { return "" }
    }
}
