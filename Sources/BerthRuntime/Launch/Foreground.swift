import BerthLinux
import CLinux
import Glibc

/// A command that stays while its program runs: it passes signals on, and a terminal to and fro.
struct Foreground: ~Copyable {
    private let signals: OwnedDescriptor

    /// From here on signals wait until they are read, so that none is lost while the program starts. The launch gives the
    /// program its own.
    init() throws(Failure) {
        var every = sigset_t()
        sigfillset(&every)
        sigprocmask(SIG_SETMASK, &every, nil)
        signals = try step { () throws(LinuxError) in
            OwnedDescriptor(owning: try check("make", "signal descriptor") { berth_signalfd(&every) })
        }
        Kernel.becomeSubreaper()
    }

    /// Waits for the program's end; its exit code, or 128 and the signal's number.
    ///
    /// - Parameter terminal: the master of the program's terminal, if we keep it.
    func attend(_ process: Int32, _ terminal: consuming OwnedDescriptor?) -> Int32 {
        guard let terminal else {
            pass(process, master: nil)
            return PIDFD.wait(process)
        }
        let mode = RawTerminal()
        if let size = Kernel.size(ofTerminal: 0) { Kernel.resize(terminal: terminal.number, size) }
        // A program that does not read must not keep us from hearing what it prints.
        _ = fcntl(terminal.number, F_SETFL, O_NONBLOCK)
        pass(process, master: terminal.number)
        mode.restore()
        return PIDFD.wait(process)
    }

    private func pass(_ process: Int32, master: Int32?) {
        var watched = [
            pollfd(fd: process, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: master ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: -1, events: Int16(POLLIN), revents: 0),
        ]
        var input = TerminalInput(isOpen: master != nil)
        while true {
            watched[2].events = Int16(POLLIN | (input.waiting.isEmpty ? 0 : POLLOUT))
            watched[3].fd = input.isOpen && input.waiting.isEmpty ? 0 : -1
            if poll(&watched, nfds_t(watched.count), -1) < 0 && errno != EINTR { return }
            if watched[1].revents != 0 { forwardSignals(to: process, master: master) }
            if let master {
                if watched[3].revents != 0 { input.read() }
                input.write(to: master)
                // At its end a terminal's master fails with EIO: all that the program printed was read before.
                let toRead = watched[2].revents & ~Int16(POLLOUT)
                if toRead != 0, !Self.copy(from: master, to: 1) { (watched[2].fd, input.isOpen) = (-1, false) }
            }
            if watched[0].revents != 0 {
                if let master { Self.drain(master) }
                return
            }
        }
    }

    private func forwardSignals(to process: Int32, master: Int32?) {
        // struct signalfd_siginfo is 128 bytes and begins with the signal's number.
        var information = [UInt32](repeating: 0, count: 32)
        while read(signals.number, &information, 128) == 128 {
            let number = Int32(information[0])
            switch number {
            case SIGCHLD, SIGPIPE, SIGURG: break
            case SIGWINCH where master != nil:
                if let master, let size = Kernel.size(ofTerminal: 0) { Kernel.resize(terminal: master, size) }
            default: try? PIDFD.signal(process, number)
            }
        }
    }

    /// False at the end of what is read.
    private static func copy(from source: Int32, to target: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = read(source, &buffer, buffer.count)
        if count < 0 { return errno == EINTR || errno == EAGAIN }
        if count == 0 { return false }
        Stream.write(buffer[..<count], to: target)
        return true
    }

    /// What the program left to read; a process that lives on in its terminal is not waited for.
    private static func drain(_ master: Int32) {
        var ready = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        while poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLIN) != 0, copy(from: master, to: 1) {}
    }
}

/// What the program is told: read no further than its terminal takes it.
private struct TerminalInput {
    /// Whether more may come.
    var isOpen: Bool
    /// Read, and not yet taken.
    private(set) var waiting: ArraySlice<UInt8> = []

    init(isOpen: Bool) { self.isOpen = isOpen }

    mutating func read() {
        var buffer = [UInt8](repeating: 0, count: 16384)
        let count = Glibc.read(0, &buffer, buffer.count)
        if count > 0 { waiting = buffer[..<count] }
        if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { isOpen = false }
    }

    /// As much as the terminal takes now; to one that has ended nothing can be told.
    mutating func write(to master: Int32) {
        guard !waiting.isEmpty else { return }
        let count = waiting.withUnsafeBytes { Glibc.write(master, $0.baseAddress, $0.count) }
        if count > 0 { waiting.removeFirst(count) }
        if count < 0 && errno != EINTR && errno != EAGAIN { waiting = [] }
    }
}

/// The caller's terminal without line editing and echo: the program's own does that.
struct RawTerminal {
    private var before: termios?

    init() {
        var mode = termios()
        guard isatty(0) == 1, tcgetattr(0, &mode) == 0 else { return }
        before = mode
        cfmakeraw(&mode)
        tcsetattr(0, TCSANOW, &mode)
    }

    func restore() {
        guard var mode = before else { return }
        tcsetattr(0, TCSANOW, &mode)
    }
}
