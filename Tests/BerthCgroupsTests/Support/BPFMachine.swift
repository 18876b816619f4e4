import Testing

@testable import BerthCgroups

/// As much of the kernel's BPF machine as a device program may use, written from RFC 9669 and not from our compiler.
struct BPFMachine {
    /// An access as the kernel hands it to a program.
    struct Context {
        var kind: DeviceRule.Kind
        var access: DeviceRule.Access
        var major: UInt32
        var minor: UInt32

        var words: [UInt32] {
            [(kind == .block ? 1 : 2) | UInt32(access.rawValue) << 16, major, minor]
        }
    }

    enum Fault: Error { case unknown(opcode: UInt8), outside, unset }

    /// Runs a program from its first instruction to its exit: the value of register 0.
    static func run(_ program: [UInt64], _ context: Context) throws(Fault) -> UInt64 {
        var registers = [UInt64?](repeating: nil, count: 11)
        var next = 0
        while true {
            guard program.indices.contains(next) else { throw .outside }
            let instruction = program[next]
            next += 1
            let to = Int(instruction >> 8 & 0xf)
            let from = Int(instruction >> 12 & 0xf)
            let offset = Int(Int16(truncatingIfNeeded: instruction >> 16))
            let immediate = UInt32(truncatingIfNeeded: instruction >> 32)
            func value(_ register: Int) throws(Fault) -> UInt32 {
                guard let value = registers[register] else { throw .unset }
                return UInt32(truncatingIfNeeded: value)
            }
            switch UInt8(truncatingIfNeeded: instruction) {
            case 0x61:
                guard from == 1, offset % 4 == 0, context.words.indices.contains(offset / 4) else { throw .outside }
                registers[to] = UInt64(context.words[offset / 4])
            case 0xbc: registers[to] = UInt64(try value(from))
            case 0xb4: registers[to] = UInt64(immediate)
            case 0x54: registers[to] = UInt64(try value(to) & immediate)
            case 0x74: registers[to] = UInt64(try value(to) >> immediate)
            case 0x56: if try value(to) != immediate { next += offset }
            case 0x95:
                guard let result = registers[0] else { throw .unset }
                return result
            case let opcode: throw .unknown(opcode: opcode)
            }
        }
    }
}
