import Glibc

/// The kernel's version, for features that cannot be probed without side effects.
public struct KernelRelease: Comparable, Sendable {
    /// The 6 of 6.12.
    public var major: Int
    /// The 12 of 6.12; what comes behind it counts for no feature.
    public var minor: Int

    /// A version to compare with, or to pretend.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Of the running kernel (uname(2)); 0.0 when it cannot be read.
    public static var current: KernelRelease {
        var names = utsname()
        guard uname(&names) == 0 else { return KernelRelease(major: 0, minor: 0) }
        let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        return KernelRelease(major: numbers.first ?? 0, minor: numbers.count > 1 ? numbers[1] : 0)
    }

    /// By major, then by minor number.
    public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}
