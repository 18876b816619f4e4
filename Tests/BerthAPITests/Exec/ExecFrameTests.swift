import BerthLaunch
import NIOCore
import Testing

@testable import BerthAPI

@Suite("A frame of an exec stream")
struct ExecFrameTests {
    @Test(
        "is read as it was written",
        arguments: [
            .input(ByteBuffer(bytes: [0, 255, 10])), .input(ByteBuffer()), .closeInput,
            .resize(WindowSize(rows: 24, columns: 300)), .signal(15), .window(70000), .output(ByteBuffer(string: "x")),
            .errorOutput(ByteBuffer(string: "y")), .exited(137), .failed(ExecFailure(text: "nö", exitCode: 126)),
        ] as [ExecFrame])
    func roundTrip(frame: ExecFrame) throws {
        #expect(try ExecFrame(frame.encoded()) == frame)
    }

    @Test("has the bytes that the documentation tells")
    func bytes() {
        #expect(
            Array(buffer: ExecFrame.resize(WindowSize(rows: 0x0102, columns: 0x0304)).encoded()) == [2, 1, 2, 3, 4])
        #expect(Array(buffer: ExecFrame.signal(9).encoded()) == [3, 9])
        #expect(Array(buffer: ExecFrame.exited(3).encoded()) == [18, 3])
    }

    @Test(
        "is refused when it is none",
        arguments: [[], [4], [255], [2, 0], [2, 0, 0, 0], [3], [3, 0], [3, 65], [18], [19], [20, 0, 0, 0]] as [[UInt8]])
    func refused(bytes: [UInt8]) {
        #expect(throws: ExecFrameError.self) { try ExecFrame(ByteBuffer(bytes: bytes)) }
    }
}
