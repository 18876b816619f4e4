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

    /// The program has ended: ends each output once all that it printed has been read. What others print later, who hold the
    /// same pipe or terminal, is nobody's.
    func drain() {
        output?.drain()
        errorOutput?.drain()
    }

    /// The number of a descriptor that another closes.
    static func release(_ descriptor: consuming OwnedDescriptor?) -> CInt? {
        switch consume descriptor {
        case .some(let owned): owned.release()
        case .none: nil
        }
    }

    func close() {
        input?.close()
        output?.close()
        errorOutput?.close()
    }
}

/// Where a program reads.
private struct ProgramInput: Sendable {
    private let channel: any Channel

    init?(_ descriptor: consuming OwnedDescriptor?, on eventLoop: any EventLoop) async throws {
        guard let number = ProgramEnds.release(descriptor) else { return nil }
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
