import CArchive
import Glibc

/// Reads a tar stream with libarchive: ustar, PAX and GNU forms, sparse files.
///
/// Names come out as the bytes the archive holds: libarchive would convert (and normalise) PAX names to the locale's
/// character set, so it runs under the C locale, where it leaves them alone.
final class TarReader {
    private let archive: OpaquePointer
    private let stream: any ByteStream
    private let subject: String
    private var failure: ImageError?

    /// - Parameter subject: what is read, for messages.
    init(_ stream: any ByteStream, subject: String) throws(ImageError) {
        guard let archive = archive_read_new() else { throw ImageError(.storage, "no memory to read \(subject)") }
        self.archive = archive
        self.stream = stream
        self.subject = subject
        archive_read_support_format_tar(archive)
        archive_read_support_format_empty(archive)
        archive_read_set_callback_data(archive, Unmanaged.passUnretained(self).toOpaque())
        archive_read_set_read_callback(archive) { _, context, piece in
            guard let context else { return -1 }
            return Unmanaged<TarReader>.fromOpaque(context).takeUnretainedValue().lend(piece)
        }
        if stream is RegionStream {
            archive_read_set_skip_callback(archive) { _, context, count in
                guard let context else { return 0 }
                return Unmanaged<TarReader>.fromOpaque(context).takeUnretainedValue().skip(count)
            }
        }
        let result = inCLocale { archive_read_open1(archive) }
        guard result >= ARCHIVE_WARN else { throw error() }
    }

    deinit { archive_read_free(archive) }

    /// The next entry, valid until the next call; nil at the end of the archive.
    func next() throws(ImageError) -> TarEntry? {
        var entry: OpaquePointer?
        switch inCLocale({ archive_read_next_header(archive, &entry) }) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN: return entry.map(TarEntry.init)
        default: throw error()
        }
    }

    /// The next piece of the current entry's data and its place in the file; nil at the end of the entry.
    func nextBlock() throws(ImageError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN: return (UnsafeRawBufferPointer(start: start, count: count), offset)
        default: throw error()
        }
    }

    /// Bytes of the stream before the current entry's data.
    var dataOffset: Int64 { archive_filter_bytes(archive, 0) }

    private func lend(_ piece: UnsafeMutablePointer<UnsafeRawPointer?>?) -> la_ssize_t {
        do throws(ImageError) {
            let bytes = try stream.next()
            piece?.pointee = bytes.baseAddress
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }

    private func skip(_ count: la_int64_t) -> la_int64_t {
        (stream as? RegionStream)?.skip(count) ?? 0
    }

    private func error() -> ImageError {
        if let failure { return failure }
        let reason = archive_error_string(archive).map { Printable.text($0) } ?? "no reason given"
        return ImageError(.malformed, "\(subject) is no valid tar: \(reason)")
    }

    private func inCLocale<Result>(_ body: () -> Result) -> Result {
        let before = uselocale(Self.cLocale)
        defer { uselocale(before) }
        return body()
    }

    // newlocale(3) makes it once; it is only read from then on.
    private nonisolated(unsafe) static let cLocale = newlocale(1 << LC_CTYPE, "C", nil)
}
