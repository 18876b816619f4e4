import CBerthPlan

/// Steps that are one plain system call; `berth_plan_check` lets no other call pass.
extension Operation {
    private static func call(_ number: Int32, _ arguments: [UInt64], _ subject: String) -> Operation {
        Operation(code: BERTH_CHILD_CALL, numbers: [UInt64(number)] + arguments, texts: [subject])
    }

    /// umask(2).
    package static func umask(_ mask: UInt32) -> Operation { call(SYS_umask, [UInt64(mask)], "umask") }

    /// personality(2).
    package static func personality(_ persona: UInt64) -> Operation { call(SYS_personality, [persona], "personality") }

    /// ioprio_set(2), of this process: 1 is IOPRIO_WHO_PROCESS.
    ///
    /// - Parameter priority: class << 13 | level, as ioprio_set(2) takes it.
    package static func ioPriority(_ priority: UInt64) -> Operation {
        call(SYS_ioprio_set, [1, 0, priority], "I/O priority")
    }
}
