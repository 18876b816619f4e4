import BerthLinux
import CArchive
import Glibc
import SystemPackage

/// Unpacks one layer's tar into a directory, as the lower directory of an overlay.
///
/// Ids are stored as the tar has them: they are the container's, and Berth maps them when it mounts. Device nodes are
/// kept as data; layers are mounted `nodev`. The calling thread's umask must be 0 (``Workers``).
package struct LayerExtractor {
    /// What a layer turned out to hold.
    package struct Summary: Equatable {
        /// Of the tar, those left out among them.
        package var entries = 0
        /// Bytes of its files, holes counted.
        package var bytes: Int64 = 0
        /// Entries left out: aufs bookkeeping, character devices 0:0 (whiteouts the image has no business making
        /// itself) and types that are no part of a root filesystem.
        package var droppedEntries = 0
        /// Extended attributes left out (``ExtendedAttributes``).
        package var droppedAttributes = 0
        /// Bytes of the extended attributes that are kept, names included.
        package var attributeBytes = 0

        package init() {}
    }

    private let tree: LayerDirectory
    private let directories: DirectoryRecords
    private let limits: LayerLimits
    private var summary = Summary()

    package init(tree: LayerDirectory, directories: DirectoryRecords, limits: LayerLimits) {
        self.tree = tree
        self.directories = directories
        self.limits = limits
    }

    /// Unpacks all of `reader`.
    package mutating func extract(_ reader: TarReader) throws(ImageError) -> Summary {
        while let entry = try reader.next() {
            summary.entries += 1
            guard summary.entries + tree.implied <= limits.maximumEntries else {
                throw ImageError(
                    .limitExceeded, "there are more than \(limits.maximumEntries) entries, the limit of a layer")
            }
            guard let text = entry.path else { throw ImageError(.malformed, "entry \(summary.entries) has no name") }
            let path = try EntryPath(text, limits: limits)
            switch path.role {
            case .ordinary: try place(entry, at: path, from: reader)
            case .bookkeeping: summary.droppedEntries += 1
            case .whiteout(let hidden): try tree.whiteout(hidden, in: tree.directory(path.parent), path: path.parent)
            case .opaque: try tree.markOpaque(path.parent)
            }
        }
        try finishDirectories()
        return summary
    }

    private mutating func place(_ entry: TarEntry, at path: EntryPath, from reader: TarReader) throws(ImageError) {
        let kind = entry.kind
        if path.isRoot {
            // A container's root takes its attributes from the task's own upper directory.
            guard kind == .directory else {
                throw ImageError(.unsafe, "the root of the layer is not a directory but \(kind)")
            }
            return
        }
        switch kind {
        case .file: try placeFile(entry, at: path, from: reader)
        case .directory: try placeDirectory(entry, at: path)
        case .symbolicLink: try placeSymbolicLink(entry, at: path)
        case .hardLink: try placeHardLink(entry, at: path)
        case .fifo: try placeNode(entry, type: S_IFIFO, at: path)
        case .blockDevice: try placeNode(entry, type: S_IFBLK, at: path)
        case .characterDevice where entry.device != 0: try placeNode(entry, type: S_IFCHR, at: path)
        case .characterDevice, .other: summary.droppedEntries += 1
        }
    }

    // MARK: Files

    private mutating func placeFile(_ entry: TarEntry, at path: EntryPath, from reader: TarReader) throws(ImageError) {
        guard entry.size >= 0, entry.size <= limits.maximumFileBytes else {
            throw ImageError(
                .limitExceeded, "\(path.text) has \(entry.size) bytes; a file may have \(limits.maximumFileBytes)")
        }
        let attributes = try EntryAttributes(entry, of: path)
        let file = try create(path, mode: attributes.mode & 0o777)
        var end: Int64 = 0
        while let (bytes, offset) = try reader.nextBlock() {
            guard offset >= 0, Int64(bytes.count) <= entry.size, offset <= entry.size - Int64(bytes.count) else {
                throw ImageError(.malformed, "\(path.text) has data behind its end, which is at \(entry.size) bytes")
            }
            try write(bytes, at: offset, to: file, path)
            end = max(end, offset + Int64(bytes.count))
        }
        if end < entry.size, ftruncate(file.number, Int(entry.size)) != 0 { throw failure("extend", path) }
        summary.bytes += entry.size
        try finish(file, entry, attributes, path)
    }

    private func create(_ path: EntryPath, mode: mode_t) throws(ImageError) -> OwnedDescriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let parent = try tree.directory(path.parent)
        var number = openat(parent, path.name, flags, mode)
        if number < 0 && errno == EEXIST {
            try tree.discard(path.name, in: parent, path: path.parent)
            number = openat(parent, path.name, flags, mode)
        }
        guard number >= 0 else { throw failure("create", path) }
        return OwnedDescriptor(owning: number)
    }

    private func write(
        _ bytes: UnsafeRawBufferPointer, at offset: Int64, to file: borrowing OwnedDescriptor, _ path: EntryPath
    ) throws(ImageError) {
        var written = 0
        while written < bytes.count {
            let count = pwrite(
                file.number, bytes.baseAddress?.advanced(by: written), bytes.count - written, Int(offset) + written)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure("write", path) }
            written += count
        }
    }

    /// Owner first, since it takes set-id bits and capabilities away; time last, since all else changes it.
    private mutating func finish(
        _ file: borrowing OwnedDescriptor, _ entry: TarEntry, _ attributes: EntryAttributes, _ path: EntryPath
    ) throws(ImageError) {
        if !attributes.isRoots, fchown(file.number, attributes.user, attributes.group) != 0 {
            throw failure("own", path)
        }
        if attributes.mode & 0o7000 != 0, fchmod(file.number, attributes.mode) != 0 {
            throw failure("set mode of", path)
        }
        try setAttributes(of: entry, on: file.number, isFile: true, path)
        var times = (attributes.modified, attributes.modified)
        let result = withUnsafePointer(to: &times) {
            $0.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(file.number, $0) }
        }
        if result != 0 { throw failure("set time of", path) }
    }

    private mutating func setAttributes(
        of entry: TarEntry, on file: Int32, isFile: Bool, _ path: EntryPath
    ) throws(ImageError) {
        var dropped = 0
        var bytes = summary.attributeBytes
        var names = 0
        try entry.forEachAttribute { name, value throws(ImageError) in
            guard ExtendedAttributes.isKept(name, value: value, isFile: isFile) else {
                dropped += 1
                return
            }
            bytes += strlen(name) + value.count
            names += strlen(name) + 1
            guard names <= ExtendedAttributes.maximumNameBytes else {
                throw ImageError(.limitExceeded, "\(path.text) has more extended attributes than the kernel can list")
            }
            guard bytes <= limits.maximumAttributeBytes else {
                throw ImageError(
                    .limitExceeded,
                    "with \(path.text) the extended attributes have more than \(limits.maximumAttributeBytes) bytes, "
                        + "the limit of a layer")
            }
            do throws(Errno) {
                try ExtendedAttribute.set(name, to: value, on: file)
            } catch .notSupportedOnSocket {
                dropped += 1  // The store's file system keeps none, as tmpfs before Linux 6.6.
            } catch {
                // ext4 says ENOSPC when the attributes of one file outgrow their block.
                throw ImageError(
                    .storage, "cannot set the extended attribute \(Printable.text(name)) of \(path.text): \(error)")
            }
        }
        summary.droppedAttributes += dropped
        summary.attributeBytes = bytes
    }

    // MARK: Directories

    private mutating func placeDirectory(_ entry: TarEntry, at path: EntryPath) throws(ImageError) {
        let attributes = try EntryAttributes(entry, of: path)
        let parent = try tree.directory(path.parent)
        try tree.makeDirectory(path.name, in: parent, mode: 0o700, replaces: true, path: path.parent)
        if archive_entry_xattr_count(entry.entry) > 0 {
            let number = openat(parent, path.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard number >= 0 else { throw failure("open", path) }
            defer { close(number) }
            try setAttributes(of: entry, on: number, isFile: false, path)
        }
        try directories.append(path, attributes)
    }

    private func finishDirectories() throws(ImageError) {
        try directories.forEach { parent, name, attributes throws(ImageError) in
            // Nothing there: a later entry replaced it, or a directory above it, by a file or link.
            guard let above = try tree.existingDirectory(parent) else { return }
            let number = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if number < 0 && LayerDirectory.isAbsence(.current) { return }
            guard number >= 0 else { throw LayerDirectory.failure(.current, parent) }
            defer { close(number) }
            var times = (attributes.modified, attributes.modified)
            let isDone =
                (attributes.isRoots || fchown(number, attributes.user, attributes.group) == 0)
                && fchmod(number, attributes.mode) == 0
                && withUnsafePointer(to: &times) {
                    $0.withMemoryRebound(to: timespec.self, capacity: 2) { futimens(number, $0) == 0 }
                }
            guard isDone else { throw LayerDirectory.failure(.current, parent) }
            if tree.hasImplied {
                do throws(Errno) { try ImpliedDirectory.unmark(number) } catch {
                    throw LayerDirectory.failure(error, parent)
                }
            }
        }
    }

    // MARK: Links and nodes

    private func placeSymbolicLink(_ entry: TarEntry, at path: EntryPath) throws(ImageError) {
        guard let target = entry.linkTarget, target.pointee != 0 else {
            throw ImageError(.malformed, "the symbolic link \(path.text) has no target")
        }
        let attributes = try EntryAttributes(entry, of: path)
        let parent = try tree.directory(path.parent)
        try tree.discard(path.name, in: parent, path: path.parent)
        guard symlinkat(target, parent, path.name) == 0 else { throw failure("link", path) }
        try setOwnerAndTime(attributes, in: parent, path)
    }

    private func placeNode(_ entry: TarEntry, type: mode_t, at path: EntryPath) throws(ImageError) {
        let attributes = try EntryAttributes(entry, of: path)
        let parent = try tree.directory(path.parent)
        try tree.discard(path.name, in: parent, path: path.parent)
        guard mknodat(parent, path.name, type | attributes.mode & 0o777, type == S_IFIFO ? 0 : entry.device) == 0 else {
            throw failure("make the node", path)
        }
        try setOwnerAndTime(attributes, in: parent, path)
    }

    private func setOwnerAndTime(_ attributes: EntryAttributes, in parent: Int32, _ path: EntryPath) throws(ImageError)
    {
        if !attributes.isRoots,
            fchownat(parent, path.name, attributes.user, attributes.group, AT_SYMLINK_NOFOLLOW) != 0
        {
            throw failure("own", path)
        }
        var times = (attributes.modified, attributes.modified)
        let result = withUnsafePointer(to: &times) {
            $0.withMemoryRebound(to: timespec.self, capacity: 2) {
                utimensat(parent, path.name, $0, AT_SYMLINK_NOFOLLOW)
            }
        }
        if result != 0 { throw failure("set time of", path) }
    }

    private func placeHardLink(_ entry: TarEntry, at path: EntryPath) throws(ImageError) {
        guard let text = entry.hardLinkTarget else {
            throw ImageError(.malformed, "the hard link \(path.text) has no target")
        }
        let target: EntryPath
        do throws(ImageError) {
            target = try EntryPath(text, limits: limits)
        } catch {
            throw error.prefixed("the target of the hard link \(path.text)")
        }
        guard !target.isRoot, target.role == .ordinary else {
            throw ImageError(.unsafe, "the hard link \(path.text) points to \(target.text), which is no file")
        }
        if target.parent == path.parent && target.name == path.name { return }
        // The target's directory is walked first: `directory` keeps one open, and the link's must stay.
        guard let above = try tree.existingDirectory(target.parent) else {
            throw ImageError(
                .malformed, "the hard link \(path.text) points to \(target.text), which this layer has not brought")
        }
        let source = fcntl(above, F_DUPFD_CLOEXEC, 0)
        defer { close(source) }
        let parent = try tree.directory(path.parent)
        if linkat(source, target.name, parent, path.name, 0) == 0 { return }
        if errno == EEXIST {
            try tree.discard(path.name, in: parent, path: path.parent)
            if linkat(source, target.name, parent, path.name, 0) == 0 { return }
        }
        switch errno {
        case ENOENT:
            throw ImageError(
                .malformed, "the hard link \(path.text) points to \(target.text), which this layer has not brought")
        case EPERM:
            throw ImageError(.unsafe, "the hard link \(path.text) points to \(target.text), which is a directory")
        default: throw failure("link", path)
        }
    }

    /// Reads errno first, so it comes right after the failed call.
    private func failure(_ operation: String, _ path: EntryPath) -> ImageError {
        let error = Errno.current
        return ImageError(.of(error), "cannot \(operation) \(path.text): \(error)")
    }
}
