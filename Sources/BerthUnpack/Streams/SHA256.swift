import BerthOCI
import CNettle

/// A SHA-256 in the making. Nettle uses the CPU's instructions for it where there are some, and, unlike swift-crypto,
/// brings no Foundation along.
struct SHA256 {
    private var context = sha256_ctx()

    init() { nettle_sha256_init(&context) }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        nettle_sha256_update(&context, bytes.count, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }

    /// What all bytes so far hash to; starts again.
    mutating func finish() -> Digest? {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_SIZE))
        nettle_sha256_digest(&context, digest.count, &digest)
        return Digest(bytes: digest)
    }
}
