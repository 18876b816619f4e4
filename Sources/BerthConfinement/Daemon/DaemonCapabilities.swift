extension CapabilitySet {
    /// What the daemon holds while it serves. Root's other capabilities are given up at its start.
    ///
    /// Measured by the kernel's own tracepoint (`capability/cap_capable`) over the end-to-end tests, then by what layers
    /// may bring that those images do not.
    public static let daemon: CapabilitySet = [
        // Files of a layer get their owner, mode, set-id bits and capabilities, in directories that root may not write.
        .chown, .dacOverride, .fowner, .fsetid, .setfcap, .mknod,
        // `trusted.overlay` attributes; device programs of cgroups (with NET_ADMIN, before Linux 6.2 or so).
        .sysAdmin, .netAdmin,
        // The last resort against the processes of a task whose shim is gone.
        .kill,
        // The API on a port below 1024.
        .netBindService,
    ]

    /// What a program that the daemon starts can have at most: its bounding set.
    ///
    /// The daemon starts nothing but the shim, which regains at exec what it needs and the daemon does not. A task in a
    /// user namespace of its own is bounded by its definition alone, inside that namespace.
    public static let shim = CapabilitySet.daemon.union(.standard).union([
        // Ids are mapped, groups are set, the bounding set is narrowed, namespaces are joined: in ``standard`` too.
        .setuid, .setgid, .setpcap, .sysChroot,
        // The namespaces of a process are opened below /proc, which the kernel counts as tracing it.
        .sysPtrace,
        // Limits above the daemon's own, for definitions with `ulimits`.
        .sysResource,
    ])
}
