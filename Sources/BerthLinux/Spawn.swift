import CLinux
import Glibc
import SystemPackage

/// A program started with nothing of ours but the descriptors it is given.
public enum Spawn {
    /// Starts `path` in a session of its own, with an empty environment, `/dev/null` as standard input, output and error,
    /// all signals blocked and at their defaults, and `descriptors` as 3, 4, … in order. All others are closed.
    ///
    /// glibc's posix_spawn(3) uses CLONE_VM | CLONE_VFORK: its cost does not grow with this process's memory.
    public static func run(_ path: String, arguments: [String], descriptors: [Int32]) throws(LinuxError) -> pid_t {
        // Above every target, so that no dup2 overwrites a source that is still needed.
        var sources: [Int32] = []
        defer { for source in sources { _ = close(source) } }
        let firstFree = 3 + Int32(descriptors.count)
        for descriptor in descriptors {
            sources.append(try check("copy", "descriptor \(descriptor)") { berth_dup_above(descriptor, firstFree) })
        }

        var actions = try SpawnActions()
        for standard in Int32(0)...2 { try actions.open("/dev/null", as: standard, flags: O_RDWR) }
        for (index, source) in sources.enumerated() { try actions.copy(source, to: 3 + Int32(index)) }
        try actions.close(from: firstFree)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        berth_spawn_detached(&attributes)

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var process = pid_t()
        let error = posix_spawn(&process, path, &actions.raw, &attributes, &argv, &environment)
        guard error == 0 else { throw LinuxError("start", arguments.first ?? path, errno: Errno(rawValue: error)) }
        return process
    }
}
