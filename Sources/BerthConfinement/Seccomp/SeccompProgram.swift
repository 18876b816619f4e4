/// A compiled seccomp filter for the native architecture, ready for seccomp(2) as it is: classic BPF instructions
/// (`struct sock_filter`), 8 bytes each, in the machine's byte order.
public struct SeccompProgram: Equatable, Sendable {
    /// As the kernel takes them (`struct sock_filter`), 8 bytes each.
    public var instructions: [UInt8]
    /// - Parameter instructions: not checked; the kernel does that when it is loaded.
    public init(instructions: [UInt8]) { self.instructions = instructions }

    /// The most instructions that the kernel takes (BPF_MAXINSNS of linux/bpf_common.h).
    public static let limit = 4096

    /// Number of instructions.
    public var count: Int { instructions.count / BPFInstruction.size }
}
