extension CapabilitySet {
    /// What the process that unpacks a layer holds: files get their owner, mode, set-id bits and capabilities, in
    /// directories that root may not write, some are devices, and overlay's own attributes are `trusted.` ones, which
    /// take SYS_ADMIN. What else SYS_ADMIN would allow, ``SeccompPolicy/unpacker`` does not.
    public static let unpacker: CapabilitySet = [
        .chown, .dacOverride, .fowner, .fsetid, .setfcap, .mknod, .sysAdmin,
    ]
}

extension SeccompPolicy {
    /// All that the process that unpacks a layer may call once it is confined. Anything else kills it: it has been taken
    /// over, or is newer than its policy.
    ///
    /// There is no program, process, thread, socket, signal to others, mount or namespace in it, and no memory that can
    /// be executed once it was written.
    public static let unpacker = SeccompPolicy(
        defaultAction: .killProcess, newerAction: .killProcess,
        rules: [
            SeccompRule(.allow, words(files + attributes + talk + life)),
            // PROT_EXEC is bit 4.
            SeccompRule(.allow, ["mmap", "mprotect"], where: [ArgumentTest(2, mask: 4, equals: 0)]),
        ])

    /// Making files and reading them, but listing no directory.
    private static let files = """
         openat openat2 close read pread64 write pwrite64 lseek ftruncate fstat newfstatat statx
         mkdir mkdirat mknodat symlinkat linkat unlinkat renameat renameat2
        """

    private static let attributes = """
         fchown fchownat fchmod utimensat fsetxattr fgetxattr fremovexattr umask
        """

    /// Over the channel it was started with; `fcntl` copies descriptors.
    private static let talk = " sendto recvfrom fcntl"

    /// What the C library and Swift's runtime need to go on and to end.
    private static let life = """
         brk munmap mremap madvise futex getrandom clock_gettime rt_sigprocmask rt_sigreturn restart_syscall sched_yield
         exit exit_group
        """

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
