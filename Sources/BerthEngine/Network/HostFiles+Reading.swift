import BerthLinux

extension HostFiles {
    /// Reads them; one that is not there, or not readable, is empty, as it is for the host's own programs.
    static func read() -> HostFiles {
        func content(_ path: String) -> String { (try? SmallFile.read(path)) ?? "" }
        return HostFiles(
            hosts: content("/etc/hosts"), hostname: content("/etc/hostname"), resolvConf: content("/etc/resolv.conf"))
    }
}
