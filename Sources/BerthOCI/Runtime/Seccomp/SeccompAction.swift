extension RuntimeSeccomp {
    /// What becomes of a system call.
    public enum Action: Equatable, Hashable, Sendable {
        case killThread
        case killProcess
        /// SIGSYS.
        case trap
        case fail(errno: UInt16)
        /// A tracer is told this number; without one the call fails with ENOSYS.
        case trace(UInt16)
        case log
        case allow

        /// The document's words, without those of user notification, which Berth does not do.
        public static let words = [
            "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
            "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
        ]

        /// - Parameter number: the errno of `SCMP_ACT_ERRNO` and the message of `SCMP_ACT_TRACE`; EPERM when absent.
        init(_ field: Field, errno number: Field) throws(SpecError) {
            let word = try field.requiredString()
            let given = try number.integer(UInt16.self, in: 0...4095)
            let value = given ?? 1
            switch word {
            case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": self = .killThread
            case "SCMP_ACT_KILL_PROCESS": self = .killProcess
            case "SCMP_ACT_TRAP": self = .trap
            case "SCMP_ACT_ERRNO": self = .fail(errno: value)
            case "SCMP_ACT_TRACE": self = .trace(value)
            case "SCMP_ACT_LOG": self = .log
            case "SCMP_ACT_ALLOW": self = .allow
            case "SCMP_ACT_NOTIFY":
                throw field.unsupported("user notification of system calls", remedy: "write SCMP_ACT_ERRNO")
            default:
                throw field.error("is no action", "write one of: \(Self.words.joined(separator: ", "))")
            }
            switch self {
            case .fail, .trace: break
            default:
                if given != nil {
                    throw number.error("is only for SCMP_ACT_ERRNO and SCMP_ACT_TRACE", "remove it")
                }
            }
        }
    }

    /// Machine architectures, by the document's words.
    public enum Architecture: String, CaseIterable, Sendable {
        case x86 = "SCMP_ARCH_X86"
        case amd64 = "SCMP_ARCH_X86_64"
        case x32 = "SCMP_ARCH_X32"
        case arm = "SCMP_ARCH_ARM"
        case aarch64 = "SCMP_ARCH_AARCH64"
        case mips = "SCMP_ARCH_MIPS"
        case mips64 = "SCMP_ARCH_MIPS64"
        case mips64n32 = "SCMP_ARCH_MIPS64N32"
        case mipsel = "SCMP_ARCH_MIPSEL"
        case mipsel64 = "SCMP_ARCH_MIPSEL64"
        case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
        case ppc = "SCMP_ARCH_PPC"
        case ppc64 = "SCMP_ARCH_PPC64"
        case ppc64le = "SCMP_ARCH_PPC64LE"
        case s390 = "SCMP_ARCH_S390"
        case s390x = "SCMP_ARCH_S390X"
        case parisc = "SCMP_ARCH_PARISC"
        case parisc64 = "SCMP_ARCH_PARISC64"
        case riscv64 = "SCMP_ARCH_RISCV64"
        case loongarch64 = "SCMP_ARCH_LOONGARCH64"
        case m68k = "SCMP_ARCH_M68K"
        case sh = "SCMP_ARCH_SH"
        case sheb = "SCMP_ARCH_SHEB"
    }
}
