import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import Synchronization

import struct Crypto.SHA256

/// The file of a blob on its way in, hashed as it is written; what a resumed one already holds is hashed first.
///
/// One writer at a time works on a blob, from one thread at a time. A writer that is let go of keeps its partial file.
public final class BlobWriter: Sendable {
    private struct State {
        var hasher = SHA256()
        var isOpen = true
    }
    private let store: BlobStore
    /// In `partial/`.
    private let name: String
    private let subject: String
    private let size: Int64?
    private let syncs: Bool
    private let state: Mutex<State>
    private let written: Atomic<Int64>

    /// The partial file; another thread may read from it what is below ``length``.
    let file: SharedDescriptor
    /// Bytes written so far, those of an earlier attempt included.
    public var length: Int64 { written.load(ordering: .acquiring) }

    init(
        store: BlobStore, name: String, subject: String, file: SharedDescriptor, size: Int64?, syncs: Bool
    ) throws(ImageError) {
        self.store = store
        self.name = name
        self.subject = subject
        self.file = file
        self.size = size
        self.syncs = syncs
        var (hasher, length) = try Self.hash(file, subject: subject)
        if let size, length > size {
            // No part of this blob: begin anew.
            _ = try storing { () throws(LinuxError) in
                try check("empty", subject) { ftruncate(file.number, 0) }
            }
            (hasher, length) = (SHA256(), 0)
        }
        state = Mutex(State(hasher: hasher))
        written = Atomic(length)
    }

    deinit { if state.withLock({ $0.isOpen }) { store.ended(name) } }

    private static func hash(
        _ file: SharedDescriptor, subject: String
    ) throws(ImageError) -> (SHA256, Int64) {
        var status = stat()
        _ = try storing { () throws(LinuxError) in try check("stat", subject) { fstat(file.number, &status) }
        }
        let region = Region(file: file, offset: 0, length: Int64(status.st_size), name: subject)
        let stream = RegionStream(region, cancellation: Cancellation())
        var hasher = SHA256()
        while true {
            let piece = try stream.next()
            if piece.isEmpty { return (hasher, region.length) }
            hasher.update(bufferPointer: piece)
        }
    }

    /// Adds bytes at the end. When it fails nothing is added, and it may be tried again.
    ///
    /// - Throws: ``ImageError/Code/sizeMismatch`` for more bytes than the blob has, ``ImageError/Code/noSpace``.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(ImageError) {
        let result = state.withLock { state in
            Result { () throws(ImageError) in
                try mustBeOpen(state)
                let start = length
                if let size, start + Int64(bytes.count) > size {
                    throw ImageError(
                        .sizeMismatch, "\(subject) is longer than the \(size) bytes its descriptor says")
                }
                var done = 0
                while done < bytes.count {
                    done += try storing { () throws(LinuxError) in
                        try check("write", subject) {
                            pwrite(
                                file.number, bytes.baseAddress?.advanced(by: done), bytes.count - done,
                                off_t(start) + off_t(done))
                        }
                    }
                }
                state.hasher.update(bufferPointer: bytes)
                written.store(start + Int64(bytes.count), ordering: .releasing)
            }
        }
        do { try result.get() } catch { throw FullDisk.explain(error, path: store.directories.path) }
    }

    /// Verifies the whole and puts it into the store.
    ///
    /// An upload is on the disk when this returns, if the store's durability asks for that; a download once an image
    /// that needs it is published.
    ///
    /// - Parameter size: what the blob's descriptor says, if there is one.
    /// - Throws: ``ImageError/Code/sizeMismatch``; the partial file is kept if it can become the blob.
    ///   ``ImageError/Code/digestMismatch``; then it is removed. After other errors it may be tried again.
    public func finish(_ expected: Digest, size: Int64?) throws(ImageError) {
        let result = state.withLock { state in
            Result { () throws(ImageError) in
                try mustBeOpen(state)
                if let size = size ?? self.size, length != size {
                    if length > size { close(&state, removing: true) }
                    throw ImageError(
                        .sizeMismatch, "\(subject) has \(length) bytes, but its descriptor says \(size)")
                }
                try compare(expected, &state)
                try place(expected)
                // Gone from here already, unless the store had the blob.
                close(&state, removing: true)
            }
        }
        do { try result.get() } catch { throw FullDisk.explain(error, path: store.directories.path) }
    }

    /// Whether what was written is the blob; it goes on as if nobody had asked.
    ///
    /// - Throws: ``ImageError/Code/digestMismatch``; then what was written is removed.
    public func verify(_ expected: Digest) throws(ImageError) {
        let result = state.withLock { state in
            Result { () throws(ImageError) in
                try mustBeOpen(state)
                try compare(expected, &state)
            }
        }
        try result.get()
    }

    private func compare(_ expected: Digest, _ state: inout State) throws(ImageError) {
        let actual = Digest(bytes: state.hasher.finalize())
        guard actual != expected else { return }
        close(&state, removing: true)
        throw ImageError(
            .digestMismatch,
            "\(subject) is corrupt: its bytes hash to \(actual.map { "\($0)" } ?? "nothing"), not to \(expected)")
    }

    /// Gives up; nothing happens after ``finish(_:size:)``.
    public func abandon(keepingPartial: Bool) {
        state.withLock { state in
            if state.isOpen { close(&state, removing: !keepingPartial) }
        }
    }

    private func place(_ digest: Digest) throws(ImageError) {
        try storing { () throws(LinuxError) in
            // What an append that failed has left behind the end.
            try check("cut", subject) { ftruncate(file.number, off_t(length)) }
            if syncs { try store.sync(file, digest) }
        }
        let directories = store.directories
        try store.place(digest, size: length, synced: syncs) { () throws(ImageError) in
            try storing { () throws(LinuxError) in
                try directories.partial.descriptor.rename(
                    name, to: digest.hex, in: directories.blobs.descriptor, replaces: true)
            }
        } takeBack: { () throws(ImageError) in
            try storing { () throws(LinuxError) in
                try directories.blobs.descriptor.rename(
                    digest.hex, to: name, in: directories.partial.descriptor, replaces: false)
            }
        }
    }

    private func close(_ state: inout State, removing: Bool) {
        state.isOpen = false
        if removing { unlinkat(store.directories.partial.number, name, 0) }
        store.ended(name)
    }

    private func mustBeOpen(_ state: borrowing State) throws(ImageError) {
        if !state.isOpen { throw ImageError(.storage, "\(subject) is finished or given up already") }
    }
}
