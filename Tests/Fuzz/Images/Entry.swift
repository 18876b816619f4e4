import BerthUnpack
import Glibc

/// One thing to fuzz: takes any bytes, and ends the process when a rule is broken.
typealias Target = @Sendable (UnsafeRawBufferPointer) -> Void

/// By the names that `rootfs-tools/fuzz` knows.
let targets: [String: Target] = [
    "tar": unpackTar, "gzip": inflateGzip, "zstd": inflateZstd, "manifest": readManifest, "config": readConfiguration,
]

/// The target that this process fuzzes, by `BERTH_FUZZ_TARGET`.
let chosen: Target = {
    let name = getenv("BERTH_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else { broken("BERTH_FUZZ_TARGET is none of \(targets.keys.sorted())") }
    return target
}()

/// What libFuzzer calls with every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    chosen(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
}

/// Ends the process as a finding.
func broken(_ rule: String) -> Never {
    fatalError(rule)  // What a fuzzer takes for a crash.
}

/// Lends bytes in pieces of the same length, the last one shorter.
final class PieceStream: ByteStream {
    private let bytes: UnsafeRawBufferPointer
    private let length: Int
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer, length: Int) {
        self.bytes = bytes
        self.length = length
    }

    func next() -> UnsafeRawBufferPointer {
        let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<min(position + length, bytes.count)])
        position += piece.count
        return piece
    }
}

/// Low enough that an input is unpacked in a moment.
let limits = {
    var limits = LayerLimits()
    limits.maximumEntries = 200
    limits.maximumBytes = 8 << 20
    limits.maximumFileBytes = 1 << 20
    limits.maximumDepth = 64
    limits.maximumAttributeBytes = 64 << 10
    limits.ratioFreeBytes = 1 << 20
    return limits
}()
