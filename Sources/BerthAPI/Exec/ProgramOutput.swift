import BerthLinux
import Glibc
import NIOCore
import NIOPosix

/// Where a program prints.
struct ProgramOutput: Sendable {
    private let connection: NIOAsyncChannel<ByteBuffer, Never>
    private let descriptor: CInt
    private let rest: NIOLoopBound<OutputRest>

    /// - Throws: what the descriptor cannot be watched by; it is closed then.
    init?(_ descriptor: consuming OwnedDescriptor?, on eventLoop: any EventLoop) async throws {
        guard let number = ProgramEnds.release(descriptor) else { return nil }
        self.descriptor = number
        do {
            (connection, rest) = try await NIOPipeBootstrap(group: eventLoop)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32 << 10)
                )
                .channelOption(ChannelOptions.maxMessagesPerRead, value: 1)
                .takingOwnershipOfDescriptor(input: number) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let rest = OutputRest()
                        try channel.pipeline.syncOperations.addHandler(rest)
                        let connection = try NIOAsyncChannel<ByteBuffer, Never>(wrappingChannelSynchronously: channel)
                        return (connection, NIOLoopBound(rest, eventLoop: channel.eventLoop))
                    }
                }
        } catch {
            _ = Glibc.close(number)
            throw error
        }
    }

    /// Hands on what is printed until the end of file, which a terminal tells as EIO.
    func forEach(_ body: @Sendable (ByteBuffer) async throws -> Void) async throws {
        var failure: (any Error)?
        do {
            try await connection.executeThenClose { inbound, _ in
                for try await bytes in inbound {
                    do { try await body(bytes) } catch {
                        failure = error
                        throw error
                    }
                }
            }
        } catch {
            if let failure { throw failure }
            // Of the pipe itself: it is over.
        }
    }

    /// Ends the output once what lies in the pipe now is read. What is read is handed on in its order, so nothing is lost.
    func drain() { connection.channel.eventLoop.execute { drainHere() } }

    private func drainHere() {
        guard connection.channel.isActive else { return }
        // The question also makes the kernel move what a terminal's other end has written to where it can be read.
        var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, 0) > 0, ready.revents & Int16(POLLIN) != 0 else { return close() }
        guard isatty(descriptor) == 1 else { return rest.value.left = waiting }
        rest.value.left = rest.value.left ?? Self.mostInTerminal
        // Usually its session's end is the end of file; but somebody may have opened it anew.
        connection.channel.eventLoop.scheduleTask(in: .milliseconds(5)) { drainHere() }
    }

    func close() { connection.channel.close(promise: nil) }

    /// What can be read now, in bytes.
    private var waiting: Int {
        var count: CInt = 0
        return ioctl(descriptor, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// More than a terminal holds (8 KiB that wait beside 4 KiB that can be read: the kernel's pty.c and n_tty.c), of which it
    /// tells the readable part only.
    private static let mostInTerminal = 64 << 10
}

/// Ends a channel after so many bytes, once it is known how many are left.
private final class OutputRest: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Nil while there is no end in sight.
    var left: Int?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let count = unwrapInboundIn(data).readableBytes
        context.fireChannelRead(data)
        guard let before = left else { return }
        left = before - count
        if before <= count { context.close(promise: nil) }
    }
}
