import Glibc

/// Signals by name, with or without SIG in front and in any case, or by number.
enum SignalName {
    static func number(_ text: String) throws(Failure) -> Int32 {
        if let number = Int32(text), (1...64).contains(number) { return number }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        if let number = aliases[name] { return number }
        if name.hasPrefix("RTMIN"), let number = offset(name.dropFirst(5), from: 34) { return number }
        if name.hasPrefix("RTMAX"), let number = offset(name.dropFirst(5), from: 64) { return number }
        throw Failure("unknown signal \"\(text)\": write a name such as KILL or a number from 1 to 64")
    }

    /// `RTMIN+3` and `RTMAX-1`; 34 to 64 are what the C library leaves of them (signal(7)).
    private static func offset(_ text: Substring, from base: Int32) -> Int32? {
        if text.isEmpty { return base }
        guard let distance = Int32(text), (-30...30).contains(distance), (34...64).contains(base + distance) else {
            return nil
        }
        return base + distance
    }

    /// From 1 on, as x86-64 and arm64 count them (signal(7)).
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]
    private static let aliases: [String: Int32] = ["IOT": 6, "CLD": 17, "POLL": 29, "UNUSED": 31]
}
