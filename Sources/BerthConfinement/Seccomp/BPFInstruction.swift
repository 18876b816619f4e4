/// One instruction of classic BPF (`struct sock_filter` of linux/filter.h).
struct BPFInstruction: Equatable {
    /// Bytes of an encoded instruction.
    static let size = 8

    var code: UInt16
    /// Instructions to skip when a jump's test passes, and when it fails.
    var jumpTrue: UInt8
    var jumpFalse: UInt8
    var operand: UInt32

    /// Loads 32 bits of `struct seccomp_data` into the accumulator (BPF_LD | BPF_W | BPF_ABS).
    static func load(offset: UInt32) -> BPFInstruction {
        BPFInstruction(code: 0x20, jumpTrue: 0, jumpFalse: 0, operand: offset)
    }

    /// Skips `otherwise` instructions unless the accumulator equals `value` (BPF_JMP | BPF_JEQ | BPF_K).
    static func continueIfEqual(to value: UInt32, otherwise skip: UInt8) -> BPFInstruction {
        BPFInstruction(code: 0x15, jumpTrue: 0, jumpFalse: skip, operand: value)
    }

    /// Skips `otherwise` instructions unless the accumulator is greater than `value` (BPF_JMP | BPF_JGT | BPF_K).
    static func continueIfGreater(than value: UInt32, otherwise skip: UInt8) -> BPFInstruction {
        BPFInstruction(code: 0x25, jumpTrue: 0, jumpFalse: skip, operand: value)
    }

    /// Ends the program with an action (BPF_RET | BPF_K).
    static func end(_ action: UInt32) -> BPFInstruction {
        BPFInstruction(code: 0x06, jumpTrue: 0, jumpFalse: 0, operand: action)
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: code, Array.init) + [jumpTrue, jumpFalse] + withUnsafeBytes(of: operand, Array.init)
    }
}

/// Offsets in `struct seccomp_data` (linux/seccomp.h).
enum SeccompData {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4
}
