import CSeccomp

/// Numbers of system calls on the machine's own architecture.
enum SyscallNumbers {
    enum Lookup: Equatable {
        case number(UInt32)
        /// A call of another architecture, such as `chown32`.
        case foreign
        case unknown
    }

    static func lookUp(_ name: String) -> Lookup {
        if let number = newer[name] { return .number(number) }
        let number = seccomp_syscall_resolve_name(name)
        if number >= 0 { return .number(UInt32(number)) }
        // -1 (__NR_SCMP_ERROR) is no such name; other architectures' calls have other negative numbers.
        return number == -1 ? .unknown : .foreign
    }

    /// Calls newer than libseccomp 2.5.4 of Debian 12 (which ends at Linux 5.17), so that a newer C library finds them.
    ///
    /// From 424 on every architecture has the same numbers (Linux, `scripts/syscall.tbl`).
    private static let newer: [String: UInt32] = {
        var numbers: [String: UInt32] = [
            "cachestat": 451,
            "fchmodat2": 452,
            "map_shadow_stack": 453,
            "futex_wake": 454,
            "futex_wait": 455,
            "futex_requeue": 456,
            "statmount": 457,
            "listmount": 458,
            "lsm_get_self_attr": 459,
            "lsm_set_self_attr": 460,
            "lsm_list_modules": 461,
            "mseal": 462,
            "setxattrat": 463,
            "getxattrat": 464,
            "listxattrat": 465,
            "removexattrat": 466,
        ]
        #if arch(x86_64)
        numbers["uretprobe"] = 335
        #endif
        return numbers
    }()
}
