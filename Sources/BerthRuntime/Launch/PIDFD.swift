import BerthLinux
import CLinux
import Glibc

/// Processes by descriptor.
enum PIDFD {
    static func signal(_ process: Int32, _ number: Int32) throws(LinuxError) {
        try check("send signal \(number) to", "the process") {
            berth_syscall(Int(SYS_pidfd_send_signal), UInt(process), UInt(number), 0, 0, 0)
        }
    }

    /// Waits for a child's end; its exit code, or 128 and the signal's number.
    static func wait(_ process: Int32) -> Int32 {
        var info = siginfo_t()
        let byDescriptor = idtype_t(3)  // P_PIDFD
        while waitid(byDescriptor, id_t(process), &info, WEXITED | Int32(__WALL)) != 0 {
            if errno != EINTR { return 255 }
        }
        let status = info._sifields._sigchld.si_status
        return info.si_code == CLD_EXITED ? status : 128 + status
    }
}
