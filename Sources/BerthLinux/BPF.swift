import CLinux
import Glibc
import SystemPackage

/// Programs that the kernel runs at points of its own, by bpf(2): as much of it as device filters need.
///
/// Loading and attaching take CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the initial user namespace.
public enum BPF {
    /// `BPF_PROG_TYPE_CGROUP_DEVICE` and, as a point of attachment, `BPF_CGROUP_DEVICE` of linux/bpf.h.
    private static let cgroupDeviceProgram: UInt32 = 15
    private static let cgroupDeviceAttachment: UInt32 = 6
    /// `BPF_F_ALLOW_MULTI`: programs of the cgroups above, and others on this one, are asked as well, and all must agree.
    private static let allowMulti: UInt32 = 2

    /// Loads a program that decides about accesses to devices.
    ///
    /// - Parameters:
    ///   - instructions: as the kernel has them in memory, 8 bytes each.
    ///   - name: what `bpftool` shows; letters, digits, `_` and `.`, cut at 15 bytes.
    public static func loadDeviceProgram(
        _ instructions: [UInt64], name: String
    ) throws(LinuxError) -> OwnedDescriptor {
        var attributes = Attributes()
        attributes.set(cgroupDeviceProgram, at: 0)
        attributes.set(UInt32(instructions.count), at: 4)
        attributes.set(name: name, at: 48)
        let number = instructions.withUnsafeBytes { code in
            // No helper is called, so the licence says only what is true.
            "Apache-2.0".withCString { license in
                attributes.set(code.baseAddress, at: 8)
                attributes.set(license, at: 16)
                return attributes.call(.load)
            }
        }
        if number < 0 { throw LinuxError("load the BPF program", name, errno: .current) }
        return OwnedDescriptor(owning: number)
    }

    /// Adds a device program to a cgroup, beside those that are there.
    public static func attach(
        _ program: borrowing OwnedDescriptor, toCgroup directory: borrowing OwnedDescriptor
    ) throws(LinuxError) {
        var attributes = attachment(program, directory)
        attributes.set(allowMulti, at: 12)
        if attributes.call(.attach) < 0 {
            throw LinuxError("attach a device filter to", "a cgroup", errno: .current)
        }
    }

    /// Takes a device program off a cgroup; those beside it stay.
    ///
    /// - Throws: ENOENT when it is not there.
    public static func detach(
        _ program: borrowing OwnedDescriptor, fromCgroup directory: borrowing OwnedDescriptor
    ) throws(LinuxError) {
        var attributes = attachment(program, directory)
        if attributes.call(.detach) < 0 {
            throw LinuxError("detach a device filter from", "a cgroup", errno: .current)
        }
    }

    private static func attachment(
        _ program: borrowing OwnedDescriptor, _ directory: borrowing OwnedDescriptor
    ) -> Attributes {
        var attributes = Attributes()
        attributes.set(UInt32(bitPattern: directory.number), at: 0)
        attributes.set(UInt32(bitPattern: program.number), at: 4)
        attributes.set(cgroupDeviceAttachment, at: 8)
        return attributes
    }

    /// The numbers of the device programs that sit on a cgroup itself; 64 is the most the kernel allows there.
    public static func devicePrograms(onCgroup directory: borrowing OwnedDescriptor) throws(LinuxError) -> [UInt32] {
        var numbers = [UInt32](repeating: 0, count: 64)
        var attributes = Attributes()
        attributes.set(UInt32(bitPattern: directory.number), at: 0)
        attributes.set(cgroupDeviceAttachment, at: 4)
        attributes.set(UInt32(numbers.count), at: 24)
        let result = numbers.withUnsafeMutableBytes { found in
            attributes.set(UnsafeRawPointer(found.baseAddress), at: 16)
            return attributes.call(.query)
        }
        if result < 0 { throw LinuxError("list the device filters of", "a cgroup", errno: .current) }
        return Array(numbers.prefix(Int(attributes.number(at: 24))))
    }

    /// Opens a loaded program by its number.
    public static func open(_ number: UInt32) throws(LinuxError) -> OwnedDescriptor {
        var attributes = Attributes()
        attributes.set(number, at: 0)
        let descriptor = attributes.call(.descriptorByNumber)
        if descriptor < 0 { throw LinuxError("open the BPF program", String(number), errno: .current) }
        return OwnedDescriptor(owning: descriptor)
    }

    /// The name that a program was loaded with.
    public static func name(of program: borrowing OwnedDescriptor) throws(LinuxError) -> String {
        // struct bpf_prog_info up to and with its name.
        var information = [UInt8](repeating: 0, count: 80)
        let descriptor = UInt32(bitPattern: program.number)
        let result = information.withUnsafeMutableBytes { bytes in
            var attributes = Attributes()
            attributes.set(descriptor, at: 0)
            attributes.set(UInt32(bytes.count), at: 4)
            attributes.set(UnsafeRawPointer(bytes.baseAddress), at: 8)
            return attributes.call(.information)
        }
        if result < 0 { throw LinuxError("ask about", "a BPF program", errno: .current) }
        return String(decoding: information[64..<80].prefix { $0 != 0 }, as: UTF8.self)
    }

    private enum Command: Int32 {
        case load = 5
        case attach = 8
        case detach = 9
        case descriptorByNumber = 13
        case information = 15
        case query = 16
    }

    /// The union bpf_attr of linux/bpf.h, whose members lie at fixed offsets that no kernel may change.
    private struct Attributes {
        private var words = [UInt64](repeating: 0, count: 9)

        mutating func set(_ value: UInt32, at offset: Int) {
            words.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
        }

        mutating func set(_ pointer: UnsafeRawPointer?, at offset: Int) {
            let address = UInt64(UInt(bitPattern: pointer))
            words.withUnsafeMutableBytes { $0.storeBytes(of: address, toByteOffset: offset, as: UInt64.self) }
        }

        mutating func set(name: String, at offset: Int) {
            words.withUnsafeMutableBytes { bytes in
                for (index, byte) in name.utf8.prefix(15).enumerated() { bytes[offset + index] = byte }
            }
        }

        func number(at offset: Int) -> UInt32 {
            words.withUnsafeBytes { $0.load(fromByteOffset: offset, as: UInt32.self) }
        }

        mutating func call(_ command: Command) -> Int32 {
            words.withUnsafeMutableBytes { bytes in
                while true {
                    let result = Int32(
                        berth_syscall(
                            Int(SYS_bpf), UInt(command.rawValue), UInt(bitPattern: bytes.baseAddress),
                            UInt(bytes.count), 0, 0))
                    // The verifier gives up when a signal waits.
                    if result >= 0 || (errno != EINTR && errno != EAGAIN) { return result }
                }
            }
        }
    }
}
