import CBerthLaunch
import Glibc

/// The executable that a container can reach while a process enters it.
enum Sealing {
    /// Runs this command again from a file that cannot be written, unless it does already.
    ///
    /// A user without privileges cannot, and need not: the file is not theirs to write either.
    static func carryOut() throws(Failure) {
        guard berth_run_sealed(CommandLine.unsafeArgv) != 0, geteuid() == 0 else { return }
        throw Failure("cannot seal the runtime's own executable: \(String(cString: strerror(errno)))")
    }
}
