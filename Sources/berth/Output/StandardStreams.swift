import ArgumentParser
import Glibc

/// Standard output, written whole and at once: what a task printed must not wait in a buffer.
enum StandardOutput {
    static func write(_ text: String) throws { try writeAll(Array(text.utf8), to: STDOUT_FILENO) }
    static func write(_ bytes: some Sequence<UInt8>) throws { try writeAll(Array(bytes), to: STDOUT_FILENO) }
}

/// Standard error. That it is closed is nobody's news.
enum StandardError {
    static func write(_ text: String) { try? writeAll(Array(text.utf8), to: STDERR_FILENO) }
    static func write(_ bytes: some Sequence<UInt8>) { try? writeAll(Array(bytes), to: STDERR_FILENO) }
}

private func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var written = 0
    while written < bytes.count {
        let count = bytes.withUnsafeBytes {
            Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
        }
        if count >= 0 {
            written += count
        } else if errno == EAGAIN {
            var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = Glibc.poll(&poll, 1, -1)
        } else if errno == EPIPE {
            // Whoever read has enough, as in `berth logs TASK | head`: no fault, and nothing to say.
            throw ExitCode(128 + SIGPIPE)
        } else if errno != EINTR {
            throw CommandFailure("cannot write to standard output: \(String(cString: strerror(errno)))")
        }
    }
}
