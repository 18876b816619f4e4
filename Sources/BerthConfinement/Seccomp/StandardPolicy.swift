import Glibc

extension SeccompPolicy {
    /// What a container may call unless its definition says otherwise: the calls of Docker's default profile (moby
    /// profiles, May 2026) on a 64-bit machine.
    ///
    /// Left out by Docker, and here: `io_uring_*` (a second way to most calls, that no filter sees), `keyctl` and its
    /// family (keyrings know no namespaces), `userfaultfd`, `kexec_*`, modules, `bpf`, `perf_event_open`, mounts and
    /// namespaces without the capability for them.
    public static let standard = SeccompPolicy(
        defaultAction: .fail(errno: UInt16(EPERM)),
        rules: [
            SeccompRule(.allow, paths + attributes + descriptors),
            SeccompRule(.allow, memory + processes + identity + scheduling),
            SeccompRule(.allow, signals + clocks + messages + waiting + machine),
            SeccompRule(.allow, ["arch_prctl", "modify_ldt"]),
        ] + sockets + personalities + clones + withCapability)

    private static let paths = words(
        """
        access chdir chmod chown creat faccessat faccessat2 fchmodat fchmodat2 fchownat futimesat getcwd lchown
        link linkat listmount lstat mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open openat openat2
        readlink readlinkat rename renameat renameat2 rmdir stat statfs statmount statx symlink symlinkat
        truncate umask unlink unlinkat utime utimensat utimes
        """)

    private static let attributes = words(
        """
        fgetxattr flistxattr fremovexattr fsetxattr getxattr getxattrat lgetxattr listxattr listxattrat
        llistxattr lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat
        """)

    private static let descriptors = words(
        """
        cachestat close close_range copy_file_range dup dup2 dup3 fadvise64 fallocate fchdir fchmod fchown fcntl
        fdatasync flock fstat fstatfs fsync ftruncate getdents getdents64 io_cancel io_destroy io_getevents
        io_pgetevents io_setup io_submit ioctl lseek memfd_create pipe pipe2 pread64 preadv preadv2 pwrite64
        pwritev pwritev2 read readahead readv sendfile splice sync sync_file_range syncfs tee vmsplice write
        writev
        """)

    private static let memory = words(
        """
        brk madvise map_shadow_stack memfd_secret mincore mlock mlock2 mlockall mmap mprotect mremap mseal msync
        munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease remap_file_pages
        """)

    private static let processes = words(
        """
        execve execveat exit exit_group fork get_robust_list get_thread_area getpgid getpgrp getpid getppid
        getsid gettid pidfd_open prctl process_vm_readv process_vm_writev ptrace rseq set_robust_list
        set_thread_area set_tid_address setpgid setsid uretprobe vfork wait4 waitid
        """)

    private static let identity = words(
        """
        capget capset getegid geteuid getgid getgroups getresgid getresuid getuid landlock_add_rule
        landlock_create_ruleset landlock_restrict_self seccomp setfsgid setfsuid setgid setgroups setregid
        setresgid setresuid setreuid setuid
        """)

    private static let scheduling = words(
        """
        getcpu getpriority getrlimit getrusage ioprio_get ioprio_set membarrier prlimit64 sched_get_priority_max
        sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
        sched_rr_get_interval sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield
        setpriority setrlimit
        """)

    private static let signals = words(
        """
        kill pause pidfd_send_signal restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo
        rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_tgsigqueueinfo sigaltstack signalfd signalfd4 tgkill tkill
        """)

    private static let clocks = words(
        """
        adjtimex alarm clock_adjtime clock_getres clock_gettime clock_nanosleep getitimer gettimeofday nanosleep
        setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_settime timerfd_create
        timerfd_gettime timerfd_settime times
        """)

    /// System V and POSIX queues, semaphores and shared memory; sockets once they exist.
    private static let messages = words(
        """
        accept accept4 bind connect getpeername getsockname getsockopt listen mq_getsetattr mq_notify mq_open
        mq_timedreceive mq_timedsend mq_unlink msgctl msgget msgrcv msgsnd recvfrom recvmmsg recvmsg semctl
        semget semop semtimedop sendmmsg sendmsg sendto setsockopt shmat shmctl shmdt shmget shutdown socketpair
        """)

    private static let waiting = words(
        """
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
        eventfd eventfd2 fanotify_mark futex futex_requeue futex_wait futex_waitv futex_wake inotify_add_watch
        inotify_init inotify_init1 inotify_rm_watch poll ppoll pselect6 select
        """)

    private static let machine = words("getrandom sysinfo uname")

    /// All families of address but AF_ALG (38), the kernel's crypto, and AF_VSOCK (40), which leaves the network
    /// namespace for the hypervisor.
    private static let sockets = [
        SeccompRule(.fail(errno: UInt16(EPERM)), ["socket"], where: [.int(0, equals: 38)]),
        SeccompRule(.fail(errno: UInt16(EPERM)), ["socket"], where: [.int(0, equals: 40)]),
        SeccompRule(.allow, ["socket"]),
    ]

    /// Linux, 32-bit Linux, either with the old `uname` version (UNAME26), and the question what it is now.
    private static let personalities = [0, 0x8, 0x20000, 0x20008, 0xffff_ffff]
        .map { SeccompRule(.allow, ["personality"], where: [.int(0, equals: $0)]) }

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. `clone3` keeps its flags in memory, where no
    /// filter sees them: C libraries fall back to `clone` when it does not exist.
    private static let clones = [
        SeccompRule(.allow, ["clone"], where: [ArgumentTest(0, mask: 0x7e02_0000, equals: 0)], .lacking(.sysAdmin)),
        SeccompRule(.fail(errno: UInt16(ENOSYS)), ["clone3"], .lacking(.sysAdmin)),
    ]

    private static let withCapability: [SeccompRule] = [
        (Capability.bpf, "bpf"),
        (.dacReadSearch, "open_by_handle_at"),
        (.perfmon, "perf_event_open"),
        (
            .sysAdmin,
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
            lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
            quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """
        ),
        (.sysBoot, "reboot"),
        (.sysChroot, "chroot"),
        (.sysModule, "delete_module finit_module init_module"),
        (.sysNice, "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"),
        (.sysPacct, "acct"),
        (.sysPtrace, "kcmp pidfd_getfd process_madvise"),
        (.sysRawio, "ioperm iopl"),
        (.sysTime, "clock_settime settimeofday"),
        (.sysTTYConfig, "vhangup"),
        (.syslog, "syslog"),
    ].map { SeccompRule(.allow, words($1), .holding($0)) }

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
