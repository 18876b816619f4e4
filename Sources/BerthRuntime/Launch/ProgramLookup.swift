import BerthLinux
import BerthOCI
import CBerthPlan
import Glibc
import SystemPackage

/// Whether a container that waits at its gate will find its program.
///
/// The kernel answers at `start`; engines want to hear at `create` already, and tell users apart by it who named a program
/// that is not there (status 127) from those who named one that cannot be executed (126). So only what is certain counts.
struct ProgramLookup {
    var process: RuntimeProcess

    /// Looks below the root directory of a container's process. A caller that may not look there finds nothing wrong.
    func check(in container: Int32) throws(LinuxError) {
        guard let command = process.arguments.first, !command.hasPrefix("/proc/"),
            let root = try? OwnedDescriptor.open("/proc/\(container)/root", flags: openPathOnly | O_DIRECTORY)
        else { return }
        var found = Errno.noSuchFileOrDirectory
        for path in candidates(command) {
            guard let error = refusal(path, root) else { return }
            if error != .noSuchFileOrDirectory { found = error }
        }
        throw LinuxError("execute", command, errno: found)
    }

    /// execvp(3)'s search, as the container does it itself.
    private func candidates(_ command: String) -> [String] {
        if command.hasPrefix("/") { return [command] }
        if command.contains("/") { return ["\(process.workingDirectory)/\(command)"] }
        let path = process.environment.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count)
        return (path ?? BERTH_USUAL_PATH[...]).split(separator: ":").map { "\($0)/\(command)" }
    }

    /// Nil for what the kernel would try to execute, and for what we cannot tell.
    private func refusal(_ path: String, _ root: borrowing OwnedDescriptor) -> Errno? {
        do throws(LinuxError) {
            let file = try OwnedDescriptor.open(path, at: root, flags: openPathOnly, resolve: Resolve.inRoot)
            var status = stat()
            guard fstat(file.number, &status) == 0 else { return nil }
            let executable = status.st_mode & S_IFMT == S_IFREG && status.st_mode & 0o111 != 0
            return executable ? nil : .permissionDenied
        } catch {
            let isAbsent = error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory
            return isAbsent ? .noSuchFileOrDirectory : nil
        }
    }
}
