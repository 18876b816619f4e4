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

    /// Clears the accumulator's bits that `mask` lacks (BPF_ALU | BPF_AND | BPF_K).
    static func and(_ mask: UInt32) -> BPFInstruction {
        BPFInstruction(code: 0x54, jumpTrue: 0, jumpFalse: 0, operand: mask)
    }

    /// Skips instructions if the accumulator equals `value` (BPF_JMP | BPF_JEQ | BPF_K).
    static func ifEqual(to value: UInt32, skip count: UInt8) -> BPFInstruction {
        BPFInstruction(code: 0x15, jumpTrue: count, jumpFalse: 0, operand: value)
    }

    /// Skips instructions if the accumulator is at least `value` (BPF_JMP | BPF_JGE | BPF_K).
    static func ifAtLeast(_ value: UInt32, skip count: UInt8) -> BPFInstruction {
        BPFInstruction(code: 0x35, jumpTrue: count, jumpFalse: 0, operand: value)
    }

    /// Skips any number of instructions (BPF_JMP | BPF_JA).
    static func skip(_ count: UInt32) -> BPFInstruction {
        BPFInstruction(code: 0x05, jumpTrue: 0, jumpFalse: 0, operand: count)
    }

    /// Ends the program (BPF_RET | BPF_K).
    static func end(_ action: SeccompAction) -> BPFInstruction {
        BPFInstruction(code: 0x06, jumpTrue: 0, jumpFalse: 0, operand: action.code)
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: code, Array.init) + [jumpTrue, jumpFalse] + withUnsafeBytes(of: operand, Array.init)
    }
}

extension SeccompAction {
    /// The SECCOMP_RET_ value of linux/seccomp.h.
    var code: UInt32 {
        switch self {
        case .allow: 0x7fff_0000
        case .fail(let errno): 0x0005_0000 | UInt32(errno)
        case .killProcess: 0x8000_0000
        }
    }
}
