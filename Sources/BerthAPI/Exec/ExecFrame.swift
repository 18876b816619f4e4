import BerthLaunch
import NIOCore

/// One message of an exec stream, in either direction: a byte that says what it is, then its content (Docs/exec.md).
public enum ExecFrame: Equatable, Sendable {
    /// To the program.
    case input(ByteBuffer)
    /// No more input comes; at a terminal it is the end-of-file character.
    case closeInput
    case resize(WindowSize)
    case signal(Int32)

    /// So many more bytes of input may be sent: what was sent before has been taken by the program.
    case window(Int)
    /// From the program.
    case output(ByteBuffer)
    case errorOutput(ByteBuffer)
    /// It has ended, and all that it printed has been sent: 0–255, or 128 + the signal's number. The last frame.
    case exited(Int32)
    /// It could not be run, or is lost. The last frame.
    case failed(ExecFailure)

    /// Bytes of the largest message that either side sends or takes.
    public static let largest = 128 << 10

    /// Bytes of input that may be sent before the first ``window(_:)``. The server reads on whatever the program does, so
    /// that it notices a client that goes; how much it may have to keep is agreed here instead.
    public static let inputWindow = 256 << 10

    private enum Kind: UInt8 {
        case input, closeInput, resize, signal
        case output = 16
        case errorOutput, exited, failed, window
    }

    /// - Throws: ``ExecFrameError`` for what is no frame.
    public init(_ message: ByteBuffer) throws(ExecFrameError) {
        var content = message
        guard let byte: UInt8 = content.readInteger(), let kind = Kind(rawValue: byte) else {
            throw ExecFrameError("a message of unknown kind")
        }
        switch kind {
        case .input: self = .input(content)
        case .closeInput: self = .closeInput
        case .output: self = .output(content)
        case .errorOutput: self = .errorOutput(content)
        case .resize:
            guard let rows: UInt16 = content.readInteger(), let columns: UInt16 = content.readInteger() else {
                throw ExecFrameError("a window size that is cut off")
            }
            self = .resize(WindowSize(rows: rows, columns: columns))
        case .signal:
            guard let number: UInt8 = content.readInteger(), (1...64).contains(number) else {
                throw ExecFrameError("a signal that is none")
            }
            self = .signal(Int32(number))
        case .exited:
            guard let code: UInt8 = content.readInteger() else { throw ExecFrameError("an exit code that is cut off") }
            self = .exited(Int32(code))
        case .window:
            guard let count: UInt32 = content.readInteger() else { throw ExecFrameError("a window that is cut off") }
            self = .window(Int(count))
        case .failed:
            guard let code: UInt8 = content.readInteger() else { throw ExecFrameError("a failure that is cut off") }
            self = .failed(ExecFailure(text: String(buffer: content), exitCode: Int32(code)))
        }
    }

    /// The message of the frame; numbers are big-endian.
    public func encoded() -> ByteBuffer {
        switch self {
        case .input(let bytes): Self.message(.input, bytes)
        case .closeInput: Self.message(.closeInput)
        case .resize(let size):
            Self.message(.resize, ByteBuffer(integer: size.rows), ByteBuffer(integer: size.columns))
        case .signal(let number): Self.message(.signal, ByteBuffer(integer: UInt8(truncatingIfNeeded: number)))
        case .output(let bytes): Self.message(.output, bytes)
        case .errorOutput(let bytes): Self.message(.errorOutput, bytes)
        case .exited(let code): Self.message(.exited, ByteBuffer(integer: UInt8(truncatingIfNeeded: code)))
        case .failed(let failure):
            Self.message(
                .failed, ByteBuffer(integer: UInt8(truncatingIfNeeded: failure.exitCode)),
                ByteBuffer(string: failure.text))
        case .window(let count): Self.message(.window, ByteBuffer(integer: UInt32(clamping: count)))
        }
    }

    private static func message(_ kind: Kind, _ contents: ByteBuffer...) -> ByteBuffer {
        var message = ByteBuffer()
        message.reserveCapacity(contents.reduce(1) { $0 + $1.readableBytes })
        message.writeInteger(kind.rawValue)
        for content in contents { message.writeImmutableBuffer(content) }
        return message
    }
}

/// Why a program could not be run to its end.
public struct ExecFailure: Equatable, Sendable {
    /// For the person at the client.
    public var text: String
    /// What the client ends with, by the convention of shells and docker: 127 when the command is not there, 126 when it
    /// cannot be executed, 125 when the fault is not the command's.
    public var exitCode: Int32

    public init(text: String, exitCode: Int32) {
        self.text = text
        self.exitCode = exitCode
    }
}

/// A message that is no frame.
public struct ExecFrameError: Error, Equatable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
