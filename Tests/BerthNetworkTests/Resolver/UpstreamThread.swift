import BerthLinux
import Foundation
import Synchronization

@testable import BerthNetwork

/// A name server of the outside on a thread of its own, which answers as a test says.
final class UpstreamThread: Sendable {
    typealias Seen = (bytes: [UInt8], port: UInt16)
    private let seen = Mutex<[Seen]>([])
    private let port: UInt16
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - socket: a datagram socket.
    ///   - answer: gives what is sent back to a query, datagram by datagram.
    init(_ socket: LoopbackSocket, answer: @escaping @Sendable (_ query: [UInt8]) -> [[UInt8]]) {
        port = socket.port
        Thread { [self] in
            // One byte is the order to stop.
            while let (bytes, port) = socket.receiveFrom(), bytes.count > 1 {
                seen.withLock { $0.append((bytes, port)) }
                for datagram in answer(bytes) { try? socket.send(datagram, to: port) }
            }
            ended.signal()
        }.start()
    }

    /// Ends it.
    ///
    /// - Returns: what it was asked.
    func stop() -> [Seen] {
        try? LoopbackSocket().send([0], to: port)
        ended.wait()
        return seen.withLock { $0 }
    }
}
