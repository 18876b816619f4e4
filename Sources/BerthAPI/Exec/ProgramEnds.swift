import BerthEngine
import BerthLinux
import Glibc
import NIOCore
import NIOPosix

/// The ends of a program's pipes, or of its terminal, that are ours. They wait without a thread, and read no further than
/// what was read is taken.
struct ProgramEnds: Sendable {
    let output: ProgramOutput?
    let errorOutput: ProgramOutput?
    private let input: ProgramInput?

    /// - Throws: what a descriptor cannot be watched by; none stays open.
    init(_ program: any ExecutedProgram, on eventLoop: any EventLoop) async throws {
        input = try await ProgramInput(program.takeInput(), on: eventLoop)
        output = try await ProgramOutput(program.takeOutput(), on: eventLoop)
        errorOutput = try await ProgramOutput(program.takeErrorOutput(), on: eventLoop)
    }

    /// Waits until it is taken; a program that reads no more is no fault.
    func write(_ bytes: ByteBuffer) async { await input?.write(bytes) }

    func closeInput() { input?.close() }

    /// The program has ended: ends each output once all that it printed has been read.
    func drain() {
        output?.drain()
        errorOutput?.drain()
    }

    func close() {
        input?.close()
        output?.close()
        errorOutput?.close()
    }
}

private func release(_ descriptor: consuming OwnedDescriptor?) -> CInt? {
    switch consume descriptor {
    case .some(let owned): owned.release()
    case .none: nil
    }
}

/// Where a program reads.
private struct ProgramInput: Sendable {
    private let channel: any Channel

    init?(_ descriptor: consuming OwnedDescriptor?, on eventLoop: any EventLoop) async throws {
        guard let number = release(descriptor) else { return nil }
        do {
            channel = try await NIOPipeBootstrap(group: eventLoop).takingOwnershipOfDescriptor(output: number).get()
        } catch {
            _ = Glibc.close(number)
            throw error
        }
    }

    /// The future of a write is fulfilled when the kernel has all of it: nothing piles up here.
    func write(_ bytes: ByteBuffer) async { try? await channel.writeAndFlush(bytes) }

    func close() { channel.close(promise: nil) }
}

/// Where a program prints.
struct ProgramOutput: Sendable {
    private let connection: NIOAsyncChannel<ByteBuffer, Never>
    private let descriptor: CInt

    fileprivate init?(_ descriptor: consuming OwnedDescriptor?, on eventLoop: any EventLoop) async throws {
        guard let number = release(descriptor) else { return nil }
        self.descriptor = number
        do {
            connection = try await NIOPipeBootstrap(group: eventLoop)
                .channelOption(
                    ChannelOptions.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 32 << 10)
                )
                .channelOption(ChannelOptions.maxMessagesPerRead, value: 1)
                .takingOwnershipOfDescriptor(input: number) { channel in
                    channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel(wrappingChannelSynchronously: channel) }
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

    /// Ends the output once nothing is left to read. What is read is handed on in its order, so nothing is lost.
    func drain() {
        connection.channel.eventLoop.execute {
            guard connection.channel.isActive else { return }
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&ready, 1, 0) > 0, ready.revents & Int16(POLLIN) != 0 {
                // The client reads slowly.
                connection.channel.eventLoop.scheduleTask(in: .milliseconds(5)) { drain() }
            } else {
                connection.channel.close(promise: nil)
            }
        }
    }

    func close() { connection.channel.close(promise: nil) }
}
