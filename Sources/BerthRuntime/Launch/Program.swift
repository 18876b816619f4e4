import BerthLinux
import CLinux
import Glibc
import SystemPackage

/// Programs of the host that a command runs.
enum Program {
    /// What a program prints, by lines; it is searched in PATH.
    static func output(of name: String, _ arguments: [String]) throws(Failure) -> [String] {
        var ends: [Int32] = [0, 0]
        try step { () throws(LinuxError) in _ = try check("make", "pipe") { pipe(&ends) } }
        let reading = OwnedDescriptor(owning: ends[0])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var argv: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var process = pid_t()
        let error = posix_spawnp(&process, name, &actions, nil, &argv, environ)
        close(ends[1])
        guard error == 0 else { throw Failure("\(LinuxError("start", name, errno: Errno(rawValue: error)))") }
        defer { waitpid(process, nil, 0) }
        let text = try step { () throws(LinuxError) in
            try SmallFile.readBytes("/proc/self/fd/\(reading.number)", limit: 64 << 20)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
