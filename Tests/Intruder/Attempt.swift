import CLinux
import Glibc

/// What an attacker would try first. Each returns less than 0 if the kernel says no.
enum Attempt {
    static let all: [String: @Sendable () -> Int] = [
        // Paths.
        "open the host's passwd": { Int(open("/etc/passwd", O_RDONLY)) },
        "climb out of the root": { Int(open("../../../../../../../etc/passwd", O_RDONLY)) },
        "climb out from a descriptor": {
            let root = open("/", O_RDONLY | O_DIRECTORY)
            return Int(openat(root, "../../../../../../../etc/passwd", O_RDONLY))
        },
        "climb out by a link": {
            symlinkat("/proc/self/root/etc/passwd", AT_FDCWD, "link")
            return Int(open("link", O_RDONLY))
        },
        "climb out from the blob": { Int(openat(5, "../../../../../../../etc/passwd", O_RDONLY)) },
        "write the blob": {
            var byte: UInt8 = 0
            return write(5, &byte, 1)
        },
        "use another descriptor": { (6..<64).map { Int(fcntl($0, F_GETFD)) }.max() ?? -1 },
        "open a device": {
            guard mknod("zero", S_IFCHR | 0o666, 1 << 8 | 5) == 0 else { return 0 }
            return Int(open("zero", O_RDONLY))
        },
        // What does not return, because the process dies of it.
        "run a program": { call(SYS_execve) },
        "start a process": { call(SYS_clone, UInt(SIGCHLD)) },
        "start a process, newly": { call(SYS_clone3) },
        "fork": { call(SYS_vfork) },
        "make a socket": { Int(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) },
        "signal the daemon": { Int(kill(getppid(), 0)) },
        "trace": { call(SYS_ptrace, 16, 1) },
        "read another's memory": { call(SYS_process_vm_readv, 1) },
        "mount": { call(SYS_mount) },
        "make a namespace": { call(SYS_unshare, 0x1000_0000) },
        "join a namespace": { call(SYS_setns, 3) },
        "change the root": { Int(chroot(".")) },
        "open by handle": { call(SYS_open_by_handle_at) },
        "load a BPF program": { call(SYS_bpf) },
        "set io_uring up": { call(SYS_io_uring_setup, 1) },
        "use a keyring": { call(SYS_keyctl) },
        "become another user": { Int(setuid(0)) },
        "map memory to execute": { map(PROT_READ | PROT_EXEC) },
        "make memory executable": {
            let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | 0x20, -1, 0)
            return Int(mprotect(page, 4096, PROT_READ | PROT_EXEC))
        },
        "use another architecture's numbers": { call(0x4000_0000 | SYS_getpid) },
        // Bounds.
        "take 100 MiB": {
            guard let block = malloc(100 << 20) else { return -1 }
            memset(block, 1, 100 << 20)
            return 0
        },
        "write a file beyond its limit": {
            let file = open("large", O_RDWR | O_CREAT, 0o600)
            return Int(ftruncate(file, 2 << 20))
        },
        "ask without listening": {
            // What berth-unpack says when it wants more than 0 bytes.
            let question = [UInt8](repeating: 0, count: 16)
            while send(3, question, question.count, Int32(MSG_NOSIGNAL)) >= 0 {}
            return 0
        },
        "do nothing": { 0 },
        "wait": {
            var byte: UInt8 = 0
            return recv(3, &byte, 1, 0)
        },
    ]

    private static func call(_ number: Int32, _ first: UInt = 0, _ second: UInt = 0) -> Int {
        berth_syscall(Int(number), first, second, 0, 0, 0)
    }

    private static func map(_ protection: Int32) -> Int {
        mmap(nil, 4096, protection, MAP_PRIVATE | 0x20, -1, 0) == MAP_FAILED ? -1 : 0
    }
}
