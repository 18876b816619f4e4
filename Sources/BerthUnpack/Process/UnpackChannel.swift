import BerthLinux
import Glibc

/// One end of the socket between the daemon and `berth-unpack`; whole messages, each at most 64 KiB.
package final class UnpackChannel: Sendable {
    private let socket: OwnedDescriptor

    /// - Parameter socket: of type SOCK_SEQPACKET.
    package init(_ socket: consuming OwnedDescriptor) { self.socket = socket }

    /// To poll for.
    package var number: Int32 { socket.number }

    /// Waits while the other end has not read what came before.
    package func send(_ message: [UInt8]) throws(ImageError) {
        try storing { () throws(LinuxError) in try send(message, flags: Int32(MSG_NOSIGNAL)) }
    }

    /// - Returns: false, instead of waiting, while the other end has not read what came before.
    package func sendNow(_ message: [UInt8]) throws(ImageError) -> Bool {
        do throws(LinuxError) {
            try send(message, flags: Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            return true
        } catch {
            if error.errno == .resourceTemporarilyUnavailable { return false }
            throw ImageError(error)
        }
    }

    private func send(_ message: [UInt8], flags: Int32) throws(LinuxError) {
        try check("send", "a message about a layer") {
            message.withUnsafeBytes { Glibc.send(socket.number, $0.baseAddress, $0.count, flags) }
        }
    }

    /// The next message; nil once the other end is gone and all that it sent is received.
    package func receive() throws(ImageError) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            do throws(LinuxError) {
                let count = try check("receive", "a message about a layer") {
                    buffer.withUnsafeMutableBytes { recv(socket.number, $0.baseAddress, $0.count, 0) }
                }
                return count > 0 ? Array(buffer[..<count]) : nil
            } catch {
                // An end that went with something unread is told once, before what it said last (unix_release_sock,
                // net/unix/af_unix.c).
                if error.errno != .connectionReset { throw ImageError(error) }
            }
        }
    }
}
