import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import Testing

@testable import BerthImages

@Suite("A layer that is still downloaded", .enabled(if: isRoot, needsRoot))
struct GrowingBlobTests {
    /// Larger than the buffers on its way, so that its parts are seen one by one.
    private static let tar = TarBuilder.tar { tar in
        tar.file("first", "one")
        tar.add("noise", data: (0..<3_000_000).map { _ in UInt8.random(in: .min ... .max) })
        tar.file("last", "two")
    }

    private func append(_ bytes: ArraySlice<UInt8>, to file: SharedDescriptor) throws {
        let bytes = Array(bytes)
        let written = bytes.withUnsafeBytes {
            pwrite(file.number, $0.baseAddress, $0.count, lseek(file.number, 0, SEEK_END))
        }
        try #require(written == bytes.count)
    }

    @Test("is given up for the reason that its process gives last, whatever that has not read")
    func lastWord() throws {
        let daemon = try {
            let sockets = try SocketPair()
            let daemon = UnpackChannel(try sockets.ours.copy())
            try daemon.send([1])
            try UnpackChannel(try sockets.theirs.copy()).send([42])
            return daemon
        }()
        #expect(try daemon.receive() == [42])
        #expect(try daemon.receive() == nil)
    }

    @Test("is unpacked as its bytes come", arguments: [TestImage.Form.plain, .gzip, .zstd])
    func grows(form: TestImage.Form) throws {
        let fixture = try UnpackFixture()
        let bytes =
            switch form {
            case .plain: Self.tar
            case .gzip: try Compressing.gzip(Self.tar)
            case .zstd: try Compressing.zstd(Self.tar)
            }
        let file = try fixture.file([])
        let blob = GrowingBlob(file: file, length: 0, name: "test")
        let unpacking = try fixture.start(blob, tar: Self.tar)
        let middle = bytes.count / 2
        try append(bytes[..<middle], to: file)
        blob.advance(to: Int64(middle))
        try until("the first file is there before the last byte") {
            status("\(fixture.tree)/first")?.st_size == 3
        }
        #expect(status("\(fixture.tree)/last") == nil)
        for start in stride(from: middle, to: bytes.count, by: 100_000) {
            let end = min(start + 100_000, bytes.count)
            try append(bytes[start..<end], to: file)
            blob.advance(to: Int64(end))
        }
        blob.finish()
        let summary = try unpacking.value()
        #expect(summary.entries == 3 && summary.bytes == 3_000_006)
        #expect(try text("\(fixture.tree)/last") == "two")
    }

    @Test("does not hold the daemon up when what unpacks it asks and asks, and never listens")
    func deaf() throws {
        let fixture = try UnpackFixture()
        let blob = GrowingBlob(file: try fixture.file([1]), length: 1, name: "ask without listening")
        let error = try #require(throws: ImageError.self) {
            try fixture.start(blob, program: UnpackFixture.built("intruder")).value()
        }
        #expect(error.code == .unsafe && error.message.contains("without listening"), "\(error)")
    }

    @Test("is not taken for whole before the writer says that it was right")
    func waits() throws {
        let fixture = try UnpackFixture()
        let bytes = try Compressing.gzip(Self.tar)
        let blob = GrowingBlob(file: try fixture.file(bytes), length: Int64(bytes.count), name: "test")
        let unpacking = try fixture.start(blob, tar: Self.tar)
        try until("it is at work") { status("\(fixture.tree)/noise") != nil }
        blob.fail(ImageError(.digestMismatch, "the blob was another"))
        let error = try #require(throws: ImageError.self) { try unpacking.value() }
        #expect(error.code == .digestMismatch && error.message == "the blob was another")
    }

    @Test("fails with the download's word, also where damage broke its form first")
    func damaged() throws {
        let fixture = try UnpackFixture()
        var bytes = try Compressing.gzip(Self.tar)
        bytes[bytes.count / 2] ^= 0xff
        bytes[bytes.count / 2 + 1] ^= 0xff
        let blob = GrowingBlob(file: try fixture.file(bytes), length: Int64(bytes.count), name: "test")
        let unpacking = try fixture.start(blob, tar: Self.tar)
        blob.fail(ImageError(.digestMismatch, "the blob was another"))
        let error = try #require(throws: ImageError.self) { try unpacking.value() }
        #expect(error.code == .digestMismatch)
    }

    @Test("is malformed if it was made so")
    func malformed() throws {
        let fixture = try UnpackFixture()
        let bytes = Array(try Compressing.gzip(Self.tar).dropLast(100_000))
        let blob = GrowingBlob(file: try fixture.file(bytes), length: Int64(bytes.count), name: "test")
        blob.finish()
        let error = try #require(throws: ImageError.self) { try fixture.start(blob, tar: Self.tar).value() }
        #expect(error.code == .malformed, "\(error)")
    }

    @Test("needs little memory, whatever its window", arguments: [TestImage.Form.gzip, .zstd])
    func memory(form: TestImage.Form) throws {
        let fixture = try UnpackFixture()
        let tar = TarBuilder.tar { tar in
            for index in 0..<8 {
                tar.add("noise\(index)", data: (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) })
            }
        }
        let bytes = form == .gzip ? try Compressing.gzip(tar) : try Compressing.zstd(tar, windowLog: 25)
        let blob = GrowingBlob(file: try fixture.file(bytes), length: Int64(bytes.count - 1), name: "test")
        let unpacking = try fixture.start(blob, tar: tar)
        try until("all but its end is unpacked") { status("\(fixture.tree)/noise7") != nil }
        let process = try #require(try fixture.process())
        let peak = try text("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = try #require(peak?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) })
        #expect(kilobytes <= 64 << 10, "\(kilobytes) KiB")
        blob.advance(to: Int64(bytes.count))
        blob.finish()
        #expect(try unpacking.value().bytes == 64_000_000)
    }
}
