import Benchmark
import BerthImages
import BerthLinux
import BerthUnpack
import Glibc

/// A layer of 1,000 files, 14 MB of text, in memory; the same bytes wherever it is made.
struct SampleLayer: Sendable {
    private let region: Region

    init(_ compression: Compression) throws {
        let plain = Self.tar()
        let bytes =
            switch compression {
            case .none: plain
            case .gzip: try Compressing.gzip(plain)
            case .zstd: try Compressing.zstd(plain)
            }
        let file = try AnonymousFile.make(name: "layer")
        let written = bytes.withUnsafeBytes { write(file.number, $0.baseAddress, $0.count) }
        guard written == bytes.count else { throw Unmade(what: "a layer of \(bytes.count) bytes in memory") }
        region = Region(file: SharedDescriptor(file), offset: 0, length: Int64(bytes.count), name: "the sample")
    }

    /// Reads every entry and its data.
    func readTar() throws { try Self.read(stream()) }

    /// Inflates all of it, and nothing more.
    func inflate() throws { try Compression.inflate(stream(), subject: region.name).drain() }

    /// Hashes all of it.
    func digest() throws {
        let hashed = DigestStream(stream(), expected: nil, subject: region.name)
        try hashed.drain()
        blackHole(try hashed.digest())
    }

    /// Hashes the blob, inflates it, hashes the tar, reads it: all that a layer goes through on its way to the disk.
    func readChecked() throws {
        let blob = DigestStream(stream(), expected: nil, subject: region.name)
        let tar = DigestStream(
            try Compression.inflate(blob, subject: region.name), expected: nil, subject: region.name)
        try Self.read(tar)
        try tar.drain()
    }

    private func stream() -> RegionStream { RegionStream(region, cancellation: Cancellation()) }

    private static func read(_ stream: any ByteStream) throws {
        let reader = try TarReader(stream, subject: "the sample")
        while let entry = try reader.next() {
            blackHole(entry.path)
            while let (bytes, _) = try reader.nextBlock() { blackHole(bytes.count) }
        }
    }

    private static func tar() -> [UInt8] {
        var bytes: [UInt8] = []
        var words = Words()
        for number in 0..<1000 {
            let size = 1 + number * 7919 % 28_672
            bytes += TarHeader.file("usr/lib/python3/module\(number % 40)/part\(number).py", size: Int64(size))
            bytes += words.text(size)
            bytes += [UInt8](repeating: 0, count: TarHeader.padding(after: Int64(size)))
        }
        return bytes + [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)
    }
}

/// Text that compresses about as programs do, to a third or a fourth.
private struct Words {
    private var state: UInt64 = 0x6265_7274_68
    private let words = [
        "def ", "return ", "self.", "import ", "None", "value", "(", "):\n    ", "for index in range", " = ", "\"\"\"",
        "class ", "raise ValueError", "[0]", "if not ", "config", ", ", "\n\n", "lambda: ", "0x",
    ].map { Array($0.utf8) }

    /// Knuth's multiplier (MMIX): any will do that is the same everywhere.
    private mutating func next() -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 40)
    }

    mutating func text(_ count: Int) -> [UInt8] {
        var text: [UInt8] = []
        while text.count < count {
            text += words[next() % words.count]
            text += String(next() % 4096, radix: 16).utf8
        }
        return Array(text.prefix(count))
    }
}

/// Why there is nothing to measure with.
struct Unmade: Error, CustomStringConvertible {
    var what: String
    var description: String { "cannot make \(what)" }
}
