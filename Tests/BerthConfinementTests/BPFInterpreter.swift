@testable import BerthConfinement

/// What a filter sees of a system call (`struct seccomp_data`).
struct SystemCall {
    static let amd64: UInt32 = 0xc000_003e
    static let i386: UInt32 = 0x4000_0003
    static let aarch64: UInt32 = 0xc000_00b7

    var number: UInt32
    var architecture: UInt32 = FilterTree.nativeArchitecture
    var arguments: [UInt64] = []

    /// Looks the number up by name; a name of no call is a number no filter lets through.
    init(_ name: String, _ arguments: UInt64...) {
        if case .number(let number) = SyscallNumbers.lookUp(name) {
            self.init(number: number, arguments: arguments)
        } else {
            self.init(number: .max)
        }
    }

    init(number: UInt32, architecture: UInt32 = FilterTree.nativeArchitecture, arguments: [UInt64] = []) {
        self.number = number
        self.architecture = architecture
        self.arguments = arguments
    }

    /// The 64 bytes as 16 words, low half of each argument first.
    var words: [UInt32] {
        var words = [number, architecture, 0, 0]
        for index in 0..<6 {
            let argument = index < arguments.count ? arguments[index] : 0
            words += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
        }
        return words
    }
}

/// Runs classic BPF as the kernel does, as far as seccomp filters use it.
struct BPFInterpreter {
    enum Fault: Error, Equatable {
        case instruction(at: Int, code: UInt16)
        case endOfProgram
    }

    struct Outcome: Equatable {
        var action: SeccompAction
        /// Instructions executed.
        var steps: Int
    }

    let instructions: [BPFInstruction]

    init(_ program: SeccompProgram) {
        instructions = program.instructions.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: BPFInstruction.size).map { start in
                BPFInstruction(
                    code: bytes.loadUnaligned(fromByteOffset: start, as: UInt16.self),
                    jumpTrue: bytes[start + 2],
                    jumpFalse: bytes[start + 3],
                    operand: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
            }
        }
    }

    func run(_ call: SystemCall) throws -> Outcome {
        let data = call.words
        var accumulator: UInt32 = 0
        var position = 0
        var steps = 0
        while position < instructions.count {
            let instruction = instructions[position]
            let operand = instruction.operand
            position += 1
            steps += 1
            func jump(if test: Bool) { position += Int(test ? instruction.jumpTrue : instruction.jumpFalse) }
            switch instruction.code {
            case 0x20: accumulator = data[Int(operand / 4)]
            case 0x54: accumulator &= operand
            case 0x05: position += Int(operand)
            case 0x15: jump(if: accumulator == operand)
            case 0x25: jump(if: accumulator > operand)
            case 0x35: jump(if: accumulator >= operand)
            case 0x45: jump(if: accumulator & operand != 0)
            case 0x06:
                guard let action = SeccompAction(code: operand) else { fallthrough }
                return Outcome(action: action, steps: steps)
            default: throw Fault.instruction(at: position - 1, code: instruction.code)
            }
        }
        throw Fault.endOfProgram
    }

    func action(_ call: SystemCall) throws -> SeccompAction { try run(call).action }
}

extension SeccompAction {
    init?(code: UInt32) {
        switch code {
        case 0x7fff_0000: self = .allow
        case 0x8000_0000: self = .killProcess
        case 0x0005_0000...0x0005_ffff: self = .fail(errno: UInt16(code & 0xffff))
        default: return nil
        }
    }
}
