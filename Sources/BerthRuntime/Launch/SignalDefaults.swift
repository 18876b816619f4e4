import Glibc

/// How a program expects its signals.
enum SignalDefaults {
    /// What our caller ignores, our children would ignore too: exec keeps that.
    static func restore() {
        for number in 1...Int32(64) where number != SIGKILL && number != SIGSTOP { signal(number, SIG_DFL) }
    }
}
