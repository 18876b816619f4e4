import Glibc

extension SeccompPolicy {
    /// What nobody in the house may call: neither the daemon nor the shim, and no task, whatever its definition says.
    ///
    /// A filter is inherited and never lifted, so that this one stands below each task's own. It names only what is
    /// refused: what ``standard`` lets a task call must pass, with SYS_PTRACE too, which Fargate lets a definition add.
    /// Other capabilities would open some of these calls under ``standard``, but not to a task: the kernel asks for them
    /// in the host's own user namespace.
    ///
    /// Not here although nobody would miss them in a task: `keyctl` (the shim joins a session keyring), `bpf` (device
    /// programs of cgroups), mounts and namespaces.
    public static let house = SeccompPolicy(
        defaultAction: .allow, newerAction: .allow,
        rules: [
            SeccompRule(refused, words(kernel + machine + memory + history)),
            // AF_ALG, the kernel's crypto in reach of all, and AF_VSOCK, the hypervisor.
            SeccompRule(refused, ["socket"], where: [.int(0, equals: 38)]),
            SeccompRule(refused, ["socket"], where: [.int(0, equals: 40)]),
        ])

    private static let refused = SeccompAction.fail(errno: UInt16(EPERM))

    /// What changes the kernel itself or ends it.
    private static let kernel = """
         kexec_load kexec_file_load init_module finit_module delete_module create_module query_module get_kernel_syms
         reboot
        """

    /// What belongs to the machine as a whole: swap, accounting, ports, its clock, its messages, quotas, file handles that
    /// open any file of a file system past all directories (the "shocker" escape of 2014).
    private static let machine = """
         swapon swapoff acct iopl ioperm settimeofday clock_settime syslog quotactl quotactl_fd open_by_handle_at
         fanotify_init vhangup lsm_set_self_attr
        """

    /// Second ways in that a filter cannot see through, or that faults keep being found in.
    private static let memory = """
         io_uring_setup io_uring_enter io_uring_register userfaultfd perf_event_open lookup_dcookie add_key request_key
         migrate_pages move_pages
        """

    /// Calls that no program of today makes; what is left of them is unused code.
    private static let history =
        " uselib _sysctl nfsservctl sysfs ustat afs_syscall getpmsg putpmsg security tuxcall vserver"

    private static func words(_ text: String) -> [String] {
        text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
