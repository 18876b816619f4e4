import BerthLinux
import BerthOCI
import CLinux
import Glibc

/// Calls that take a variable number of arguments, or that the C library does not have.
enum Kernel {
    /// The CLONE_NEW flag of an open namespace file; nil for any other file.
    static func namespaceType(of file: Int32) -> UInt64? {
        let request: UInt = 0xb703  // NS_GET_NSTYPE of linux/nsfs.h
        let type = berth_ioctl(file, request, 0)
        return type > 0 ? UInt64(type) : nil
    }

    /// Becomes the parent of what its descendants leave behind.
    static func becomeSubreaper() {
        _ = berth_prctl(36 /* PR_SET_CHILD_SUBREAPER */, 1, 0)
    }

    /// Until a program is executed, nobody without privileges may trace this process or read its memory.
    static func becomeUndumpable() { _ = berth_prctl(4 /* PR_SET_DUMPABLE */, 0, 0) }

    /// The size of a terminal; nil for what is none.
    static func size(ofTerminal file: Int32) -> winsize? {
        var size = winsize()
        let result = withUnsafeMutablePointer(to: &size) { berth_ioctl(file, UInt(TIOCGWINSZ), UInt(bitPattern: $0)) }
        return result == 0 ? size : nil
    }

    static func resize(terminal file: Int32, _ size: winsize) {
        var size = size
        _ = withUnsafeMutablePointer(to: &size) { berth_ioctl(file, UInt(TIOCSWINSZ), UInt(bitPattern: $0)) }
    }

    /// sched_setattr(2). The argument is `struct sched_attr` of linux/sched/types.h in its first version: 48 bytes.
    static func schedule(_ process: Int32, _ scheduler: RuntimeScheduler) throws(LinuxError) {
        let flags = scheduler.flags.reduce(0) { $0 | $1.bit }
        let words: [UInt64] = [
            48 | UInt64(scheduler.policy.number) << 32, flags,
            UInt64(UInt32(bitPattern: scheduler.nice)) | UInt64(scheduler.priority) << 32, scheduler.runtime,
            scheduler.deadline, scheduler.period,
        ]
        try check("set the scheduler of", "process \(process)") {
            words.withUnsafeBytes { attributes in
                berth_syscall(
                    Int(SYS_sched_setattr), UInt(process), UInt(bitPattern: attributes.baseAddress), 0, 0, 0)
            }
        }
    }
}
