import CLinux
import Glibc

/// A file in memory that nobody can change any more: not its maker, not a task that gets hold of it.
///
/// The shim runs from one, so a container cannot overwrite the host's executable (CVE-2019-5736).
public enum SealedMemory {
    /// Makes a sealed memfd with the given content; the name shows in `/proc/<pid>/maps` only.
    ///
    /// - Parameter executable: whether it is a program; hosts with `vm.memfd_noexec` want to be told (Linux 6.3).
    public static func make(
        name: String, content: [UInt8], executable: Bool = false
    ) throws(LinuxError) -> OwnedDescriptor {
        let file = try AnonymousFile.make(name: name, executable: executable)
        try file.writeAll(content, subject: "memfd \(name)")
        let everySeal: Int32 = 0x1 | 0x2 | 0x4 | 0x8  // F_SEAL_SEAL, _SHRINK, _GROW, _WRITE
        try check("seal memfd", name) { berth_add_seals(file.number, everySeal) }
        return file
    }
}
