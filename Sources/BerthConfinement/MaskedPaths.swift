/// Parts of `/proc` and `/sys` that a container must not see or must not write, although they are the kernel's and not
/// the image's. The lists are Docker's; a path that does not exist on this kernel is skipped.
public enum MaskedPaths {
    /// Hidden: files under `/dev/null`, directories under an empty read-only file system.
    ///
    /// They tell of the host and of its neighbours (keys, timers, interrupts, firmware tables, power meters that leak
    /// secrets by side channel, CVE-2020-8694) or reach its memory (`kcore`).
    public static let standard = [
        "/proc/acpi",
        "/proc/asound",
        "/proc/interrupts",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/sys/devices/virtual/powercap",
        "/sys/firmware",
    ]

    /// Visible, never writable: they change the host as a whole.
    public static let readOnly = [
        "/proc/bus",
        "/proc/fs",
        "/proc/irq",
        "/proc/sys",
        "/proc/sysrq-trigger",
    ]
}
