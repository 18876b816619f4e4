import CLinux
import Glibc
import SystemPackage

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
        let flags: UInt32 = 0x1 | 0x2  // MFD_CLOEXEC, MFD_ALLOW_SEALING
        let purpose: UInt32 = executable ? 0x10 : 0x8  // MFD_EXEC, MFD_NOEXEC_SEAL
        var number = berth_memfd_create(name, flags | purpose)
        if number < 0 && errno == EINVAL { number = berth_memfd_create(name, flags) }
        let file = OwnedDescriptor(owning: try check("make memfd", name) { number })
        var written = 0
        while written < content.count {
            written += try check("write memfd", name) {
                content[written...].withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
            }
        }
        let everySeal: Int32 = 0x1 | 0x2 | 0x4 | 0x8  // F_SEAL_SEAL, _SHRINK, _GROW, _WRITE
        try check("seal memfd", name) { berth_add_seals(file.number, everySeal) }
        return file
    }
}
