import CLinux
import Glibc
import SystemPackage

/// Low numbers of descriptors that this process keeps for what its next child is given.
///
/// A child has a copy of the beginning of our table alone, up to the last of these: to copy and close the thousands of a
/// daemon with a thousand tasks takes longer than to run a shim. Descriptors made later have higher numbers; so these are
/// taken once and never free again. `/dev/null` holds them between two children, and no thread that opens a file gets one.
struct SpawnSlots {
    /// The first is `/dev/null`'s own.
    private(set) var numbers: [Int32] = []

    /// Above all that a child has in the end, so that no copy there overwrites one that is still needed.
    private static let lowest: Int32 = 16

    /// The first number that a child is not to have.
    var end: Int32 { (numbers.max() ?? 0) + 1 }

    /// Takes numbers for so many descriptors, if that has not happened.
    mutating func reserve(_ count: Int) throws(LinuxError) {
        if numbers.isEmpty {
            let null = try OwnedDescriptor.open("/dev/null", flags: O_RDWR)
            numbers.append(try Self.low(null.number))
        }
        while numbers.count <= count { numbers.append(try Self.low(numbers[0])) }
    }

    /// Puts copies of descriptors there, from the second number on.
    mutating func fill(_ descriptors: [Int32]) throws(LinuxError) {
        try reserve(descriptors.count)
        for (descriptor, number) in zip(descriptors, numbers.dropFirst()) { try Self.copy(descriptor, to: number) }
    }

    /// Ends what is there but `/dev/null`, which holds the numbers again.
    func clear() {
        for number in numbers.dropFirst() { try? Self.copy(numbers[0], to: number) }
    }

    private static func low(_ descriptor: Int32) throws(LinuxError) -> Int32 {
        try check("copy", "descriptor \(descriptor)") { berth_dup_above(descriptor, lowest) }
    }

    private static func copy(_ descriptor: Int32, to number: Int32) throws(LinuxError) {
        try check("copy", "descriptor \(descriptor)") {
            berth_syscall(
                Int(SYS_dup3), UInt(bitPattern: Int(descriptor)), UInt(bitPattern: Int(number)), UInt(O_CLOEXEC), 0, 0)
        }
    }
}
