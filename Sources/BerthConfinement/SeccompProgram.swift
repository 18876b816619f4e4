import CSeccomp

/// A compiled seccomp filter: classic BPF instructions, 8 bytes each, for the native architecture.
public struct SeccompProgram: Equatable, Sendable {
    public var instructions: [UInt8]
    public init(instructions: [UInt8]) { self.instructions = instructions }
}
