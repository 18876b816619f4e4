import CArchive
import Glibc

/// Reads a tar stream with libarchive: ustar, PAX and GNU forms, sparse files.
///
/// Names come out as the bytes the archive holds: libarchive would convert (and normalise) PAX names to the locale's
/// character set, so it runs under the C locale, where it leaves them alone.
package final class TarReader {
    /// Bytes of all headers before one entry. libarchive keeps the map of a sparse file in memory, however long it is:
    /// without a bound, a megabyte of gzip takes gigabytes. Enough for a map of 100,000 pieces.
    private static let maximumHeaderBytes = 2 << 20
    /// How much of a piece is lent at a time while headers are read, so that the bound is kept about to the byte.
    private static let headerPiece = 64 << 10

    private let archive: OpaquePointer
    private let stream: any ByteStream
    private let subject: String
    private var failure: ImageError?
    private var isPrimed = false
    /// What the stream has lent and libarchive has not got yet.
    private var ahead = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Bytes that may still come before the headers of an entry must end; nil while data is read.
    private var headerBudget: Int?
    private var isInEntry = false
    /// Bytes of the current entry's data that have not been handed out; nil if that is not known, as of a sparse file.
    private var missing: Int64?
    /// Bytes of the archive so far.
    private var count = 0

    /// - Parameter subject: what is read, for messages.
    package init(_ stream: any ByteStream, subject: String) throws(ImageError) {
        guard let archive = archive_read_new() else { throw ImageError(.storage, "no memory to read \(subject)") }
        self.archive = archive
        self.stream = stream
        self.subject = subject
        archive_read_support_format_tar(archive)
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
        _ = try next()  // The primer's.
    }

    deinit { archive_read_free(archive) }

    /// The next entry, valid until the next call; nil at the end of the archive.
    package func next() throws(ImageError) -> TarEntry? {
        // libarchive would skip it too, but then data nobody wanted would count as headers.
        if isInEntry, archive_read_data_skip(archive) < ARCHIVE_WARN { throw error() }
        isInEntry = false
        missing = nil
        headerBudget = Self.maximumHeaderBytes
        defer { headerBudget = nil }
        var entry: OpaquePointer?
        let result = inCLocale { archive_read_next_header(archive, &entry) }
        // libarchive takes trouble with the stream for the archive's in some places.
        if let failure { throw failure }
        switch result {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN:
            isInEntry = true
            missing = entry.flatMap { archive_entry_sparse_count($0) == 0 ? archive_entry_size($0) : nil }
            return entry.map(TarEntry.init)
        default: throw error()
        }
    }

    /// The next piece of the current entry's data and its place in the file; nil at the end of the entry.
    package func nextBlock() throws(ImageError) -> (bytes: UnsafeRawBufferPointer, offset: Int64)? {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: la_int64_t = 0
        switch archive_read_data_block(archive, &start, &count, &offset) {
        case ARCHIVE_EOF: return nil
        case ARCHIVE_OK, ARCHIVE_WARN:
            missing = missing.map { $0 - Int64(count) }
            return (UnsafeRawBufferPointer(start: start, count: count), offset)
        default: throw error()
        }
    }

    /// Bytes of the stream before the current entry's data.
    package var dataOffset: Int64 { archive_filter_bytes(archive, 0) - Int64(Self.primer.count) }

    private func lend(_ piece: UnsafeMutablePointer<UnsafeRawPointer?>?) -> la_ssize_t {
        if !isPrimed {
            isPrimed = true
            piece?.pointee = Self.primer.baseAddress
            return Self.primer.count
        }
        do throws(ImageError) {
            if ahead.isEmpty { ahead = try stream.next() }
            if ahead.isEmpty { ahead = lastPadding }
            let bytes = try nextPiece()
            count += bytes.count
            ahead = UnsafeRawBufferPointer(rebasing: ahead.dropFirst(bytes.count))
            piece?.pointee = bytes.baseAddress
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }

    /// What fills the last block when the archive ends right behind the data of its last entry, as `umoci insert` writes
    /// it and Go's reader takes it. Data that is cut off is not filled up.
    private var lastPadding: UnsafeRawBufferPointer {
        let rest = count % Self.block
        guard isInEntry, missing == 0, rest > 0 else { return ahead }
        return UnsafeRawBufferPointer(rebasing: Self.zeros[..<(Self.block - rest)])
    }

    private func nextPiece() throws(ImageError) -> UnsafeRawBufferPointer {
        guard let budget = headerBudget else { return ahead }
        guard budget > 0 || ahead.isEmpty else {
            throw ImageError(
                .limitExceeded,
                "\(subject) has an entry whose headers go on for more than \(Self.maximumHeaderBytes) bytes")
        }
        let bytes = UnsafeRawBufferPointer(rebasing: ahead.prefix(Self.headerPiece))
        headerBudget = budget - bytes.count
        return bytes
    }

    private func skip(_ count: la_int64_t) -> la_int64_t {
        // What is ahead comes first; libarchive reads on when fewer bytes are skipped than it asked for.
        guard ahead.isEmpty, let skipped = (stream as? RegionStream)?.skip(count) else { return 0 }
        self.count += Int(skipped)
        return skipped
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

    private static let block = 512
    /// Never freed or changed: libarchive reads it in place.
    private nonisolated(unsafe) static let zeros: UnsafeRawBufferPointer = {
        let zeros = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 8)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        return UnsafeRawBufferPointer(zeros)
    }()

    /// A header put before the archive, of a symbolic link that nobody gets to see: libarchive 3.6 loses the PAX target
    /// of a link whose plain header has none (as Go writes it for a target without ASCII letters), but only as long as
    /// no link has come before. Never freed or changed: libarchive reads it in place.
    private nonisolated(unsafe) static let primer: UnsafeRawBufferPointer = {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: text.utf8)
        }
        for (text, offset) in [
            ("primer", 0), ("0000777", 100), ("0000000", 108), ("0000000", 116), ("00000000000", 124),
            ("00000000000", 136),
            ("        ", 148), ("2", 156), ("primer", 157), ("ustar\u{0}00", 257),
        ] { put(text, at: offset) }
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\u{0}", at: 148)
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: header.count, alignment: 8)
        copy.copyBytes(from: header)
        return UnsafeRawBufferPointer(copy)
    }()

    // newlocale(3) makes it once; it is only read from then on.
    private nonisolated(unsafe) static let cLocale = newlocale(1 << LC_CTYPE, "C", nil)
}
