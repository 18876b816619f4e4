/// Offsets in `struct seccomp_data` (linux/seccomp.h), which is what a filter sees of a call.
enum SeccompData {
    static let number: UInt32 = 0
    static let architecture: UInt32 = 4

    /// The low or the high 32 bits of an argument, as the machines that Berth runs on lay them out: low first.
    static func argument(_ index: UInt32, isHigh: Bool) -> UInt32 { 16 + index * 8 + (isHigh ? 4 : 0) }
}
