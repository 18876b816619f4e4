import BerthLinux
import CCap
import Glibc
import SystemPackage

/// The capabilities of the calling thread.
enum OwnCapabilities {
    /// Programs started from here on can never regain what is dropped.
    static func narrowBounds(to kept: CapabilitySet) throws(LinuxError) {
        try check("clear", "ambient capabilities") { cap_reset_ambient() }
        // Beyond the names too: a newer kernel's capabilities are none that Berth needs.
        for capability in 0..<cap_max_bits() where kept.bits >> UInt64(capability) & 1 == 0 {
            try check("drop", "capability \(capability) from the bounding set") {
                cap_drop_bound(cap_value_t(capability))
            }
        }
    }

    /// Gives up every other capability; one that the process does not hold stays away.
    static func keep(_ kept: CapabilitySet) throws(LinuxError) {
        let subject = "the capabilities of this process"
        guard let old = cap_get_proc(), let new = cap_init() else {
            throw LinuxError("read", subject, errno: .current)
        }
        defer {
            cap_free(UnsafeMutableRawPointer(old))
            cap_free(UnsafeMutableRawPointer(new))
        }
        for capability in kept.members {
            var value = cap_value_t(capability.rawValue)
            var held = CAP_CLEAR
            guard cap_get_flag(old, value, CAP_PERMITTED, &held) == 0, held == CAP_SET else { continue }
            try check("set", subject) { cap_set_flag(new, CAP_PERMITTED, 1, &value, CAP_SET) }
            try check("set", subject) { cap_set_flag(new, CAP_EFFECTIVE, 1, &value, CAP_SET) }
        }
        try check("limit", subject) { cap_set_proc(new) }
    }
}
