/// A compiled seccomp filter for the native architecture, ready for seccomp(2) as it is: classic BPF instructions
/// (`struct sock_filter`), 8 bytes each, in the machine's byte order.
public struct SeccompProgram: Equatable, Sendable {
    public var instructions: [UInt8]
    public init(instructions: [UInt8]) { self.instructions = instructions }

    /// Number of instructions; the kernel takes at most 4,096 (`BPF_MAXINSNS`).
    public var count: Int { instructions.count / BPFInstruction.size }
}
