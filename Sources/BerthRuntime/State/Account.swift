import BerthLinux

/// Users of the host.
enum Account {
    /// A user's name, or the number when the host has none for it. Read by hand: a static program cannot ask NSS.
    static func name(_ uid: UInt32) -> String {
        if uid == 0 { return "root" }
        let lines = (try? SmallFile.read("/etc/passwd"))?.split(separator: "\n") ?? []
        for line in lines {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count > 2, UInt32(fields[2]) == uid { return String(fields[0]) }
        }
        return "\(uid)"
    }
}
