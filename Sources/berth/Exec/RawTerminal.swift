import BerthLaunch
import Glibc
import Synchronization

/// The user's terminal in raw mode: every key goes to the program, and nothing is echoed or turned into a signal here.
///
/// The former mode comes back whatever happens: by ``leave()``, at exit(3), and in the handler of a signal that a fault of
/// this process raises. SIGKILL alone leaves it; `reset` helps then.
enum RawTerminal {
    /// Whether standard input is a terminal.
    static var isPresent: Bool { isatty(STDIN_FILENO) == 1 }

    /// Written once, before the handlers that read it are in place.
    private static let former = Mutex<termios?>(nil)

    /// Enters raw mode (cfmakeraw(3)). Without a terminal nothing happens.
    static func enter() {
        var mode = termios()
        guard isPresent, tcgetattr(STDIN_FILENO, &mode) == 0 else { return }
        let saved = mode
        guard
            former.withLock({ former in
                defer { former = former ?? saved }
                return former == nil
            })
        else { return }
        atexit { RawTerminal.leave() }
        for number in [SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
            signal(number) { number in
                RawTerminal.leave()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        cfmakeraw(&mode)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }

    /// Back to the former mode.
    static func leave() {
        // A signal handler must not wait for a lock that its own thread holds.
        guard var mode = former.withLockIfAvailable({ $0 }) ?? nil else { return }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &mode)
    }

    /// The size of the terminal that standard input or output is; nil when neither is one.
    static func windowSize() -> WindowSize? {
        var size = winsize()
        for descriptor in [STDIN_FILENO, STDOUT_FILENO]
        where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 && size.ws_col > 0 {
            return WindowSize(rows: size.ws_row, columns: size.ws_col)
        }
        return nil
    }
}
