import BerthLinux
import Glibc
import SystemPackage

/// A policy as a program for the kernel's BPF machine (linux/bpf.h; the standard is RFC 9669).
///
/// The kernel runs it with a `struct bpf_cgroup_dev_ctx` for each open and mknod: kind in the lower half of the first
/// word and access in the upper, then major and minor. It ends with 1 to allow, 0 for EPERM.
struct DeviceProgram: Equatable {
    /// 8 bytes each, as the kernel reads them.
    private(set) var instructions: [UInt64]

    /// - Throws: E2BIG when the rules name thousands of devices of one major number, farther than a jump reaches.
    init(_ policy: DevicePolicy) throws(LinuxError) {
        let table = DeviceTable(policy)
        instructions = [
            Self.encode(.load, .kind, .context, offset: 0),
            Self.encode(.move, .access, .kind),
            Self.encode(.and, .kind, immediate: 0xffff),
            Self.encode(.shiftRight, .access, immediate: 16),
            Self.encode(.load, .major, .context, offset: 4),
            Self.encode(.load, .minor, .context, offset: 8),
            Self.encode(.set, .result, immediate: 0),
        ]
        // The numbers of the kinds are BPF_DEVCG_DEV_BLOCK and _CHAR.
        for (kind, number) in [(DeviceRule.Kind.block, UInt32(1)), (.character, 2)] {
            let entries = table.entries.filter { $0.kind == kind }
            for part in try Self.parts(entries) { instructions += try Self.when(.kind, number, part) }
        }
        instructions.append(Self.encode(.exit, .result))
    }

    /// One part for each major number, so that no way through the program knows more of a device than the part it is
    /// in: the verifier walks each part once, rather than once for all that came before.
    private static func parts(_ entries: [DeviceTable.Entry]) throws(LinuxError) -> [[UInt64]] {
        let others = entries.filter { $0.major == nil }
        var parts: [[UInt64]] = []
        for (major, devices) in Dictionary(grouping: entries.filter { $0.major != nil }, by: { $0.major ?? 0 })
            .sorted(by: { $0.key < $1.key })
        {
            var part: [UInt64] = []
            for device in devices { part += try code(device) }
            // Of other minors nothing is said here: the last entry decides, unless one before it names minors.
            if devices.last?.minor != nil, others.count == 1 { part += verdict(others[0].access) }
            parts.append(try when(.major, major, part))
        }
        for other in others { parts.append(try code(other)) }
        return parts
    }

    private static func code(_ entry: DeviceTable.Entry) throws(LinuxError) -> [UInt64] {
        guard let minor = entry.minor else { return verdict(entry.access) }
        return try when(.minor, minor, verdict(entry.access))
    }

    /// Code for when a register holds a number.
    private static func when(_ register: Register, _ number: UInt32, _ code: [UInt64]) throws(LinuxError) -> [UInt64] {
        guard let offset = Int16(exactly: code.count) else {
            throw LinuxError("compile", "a policy of so many devices", errno: Errno(rawValue: E2BIG))
        }
        return [encode(.skipUnlessEqual, register, immediate: Int32(bitPattern: number), offset: offset)] + code
    }

    /// Ends the program: allows when nothing is asked beyond what is given.
    private static func verdict(_ access: DeviceRule.Access) -> [UInt64] {
        if access.isEmpty { return [encode(.exit, .result)] }
        let rest = DeviceRule.Access.everything.subtracting(access)
        return [
            encode(.and, .access, immediate: Int32(rest.rawValue)),
            encode(.skipUnlessEqual, .access, immediate: 0, offset: 1),
            encode(.set, .result, immediate: 1),
            encode(.exit, .result),
        ]
    }

    enum Operation: UInt64 {
        /// BPF_LDX | BPF_MEM | BPF_W
        case load = 0x61
        /// BPF_ALU of 32 bits, which clears the upper half: the numbers are 32 bits wide, an immediate is signed.
        case move = 0xbc
        case set = 0xb4
        case and = 0x54
        case shiftRight = 0x74
        /// BPF_JMP32 | BPF_JNE | BPF_K
        case skipUnlessEqual = 0x56
        case exit = 0x95
    }

    enum Register: UInt64 {
        case result = 0
        case context = 1
        case access = 2
        case kind = 3
        case major = 4
        case minor = 5
    }

    private static func encode(
        _ operation: Operation, _ to: Register, _ from: Register = .result, immediate: Int32 = 0, offset: Int16 = 0
    ) -> UInt64 {
        operation.rawValue | to.rawValue << 8 | from.rawValue << 12 | UInt64(UInt16(bitPattern: offset)) << 16
            | UInt64(UInt32(bitPattern: immediate)) << 32
    }
}
