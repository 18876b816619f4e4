import CISAL
import CZstd

/// Makes the layers that are inflated, by the same libraries.
enum Compressing {
    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        var input = bytes
        // What does not compress grows by a few bytes a block.
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 8 + 4096)
        // Too large for a stack.
        let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
        defer { stream.deallocate() }
        isal_deflate_stateless_init(stream)
        stream.pointee.gzip_flag = UInt16(IGZIP_GZIP)
        stream.pointee.end_of_stream = 1
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = UInt32(input.count)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                return isal_deflate_stateless(stream)
            }
        }
        guard result == COMP_OK else { throw Unmade(what: "gzip: ISA-L error \(result)") }
        return Array(output.prefix(Int(stream.pointee.total_out)))
    }

    static func zstd(_ bytes: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
        guard ZSTD_isError(count) == 0 else { throw Unmade(what: "zstd: error \(count)") }
        return Array(output.prefix(count))
    }
}
