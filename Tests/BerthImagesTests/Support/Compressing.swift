import CISAL
import CZstd
import Testing

enum Compressing {
    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 8 + 4096)
        var input = bytes
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
        try #require(result == COMP_OK)
        return Array(output.prefix(Int(stream.pointee.total_out)))
    }

    static func zstd(_ bytes: [UInt8]) throws -> [UInt8] { try zstd(bytes, windowLog: 0) }

    /// - Parameter windowLog: how far back the inflater must remember, as a power of two; 0 for what the level wants.
    static func zstd(_ bytes: [UInt8], windowLog: Int32) throws -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let context = try #require(ZSTD_createCCtx())
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog)
        let count = ZSTD_compress2(context, &output, output.count, bytes, bytes.count)
        try #require(ZSTD_isError(count) == 0)
        return Array(output.prefix(count))
    }
}
