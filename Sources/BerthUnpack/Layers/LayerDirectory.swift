import BerthLinux
import Glibc
import SystemPackage

/// The tree of one layer while it is unpacked: every path of the image is resolved here, and only here.
///
/// The walk to a directory is the kernel's (openat2(2) with the layer's directory as its root): a symbolic link that
/// the image made leads where it would lead inside a container, and never out. Everything else is done to a single
/// name in an open directory, following nothing. A layer is not shared while it is unpacked, so there is no race.
package final class LayerDirectory {
    private let root: OwnedDescriptor
    /// Where directories go that the layer itself replaces; removed with the workspace.
    private let trash: OwnedDescriptor
    private var trashed = 0
    /// The directory last asked for: entries of one directory follow each other in a layer.
    private var current: OwnedDescriptor
    private var currentPath: [CChar]?
    /// Whether there are directories that the layer has not listed so far (``ImpliedDirectory``).
    private(set) var hasImplied = false
    /// Directories made that the layer does not list.
    private(set) var implied = 0

    /// Takes both directories over: what is removed is moved from one into the other, so they must be on one file
    /// system.
    package init(root: consuming OwnedDescriptor, trash: consuming OwnedDescriptor) throws(ImageError) {
        self.root = root
        self.trash = trash
        current = try Self.walk([0x2e, 0], from: self.root, path: [0x2e, 0])
    }

    /// The open directory at `path`, made with its parents if it is missing; valid until the next call.
    func directory(_ path: [CChar]) throws(ImageError) -> Int32 {
        if let there = try existingDirectory(path) { return there }
        try makeParents(path)
        currentPath = path
        return current.number
    }

    /// The open directory at `path`, valid until the next call; nil if there is none.
    func existingDirectory(_ path: [CChar]) throws(ImageError) -> Int32? {
        if currentPath == path { return current.number }
        do throws(Errno) {
            current = try Self.open(path.count == 1 ? [0x2e, 0] : path, in: root)
        } catch {
            if Self.isAbsence(error) { return nil }
            throw Self.failure(error, path)
        }
        currentPath = path
        return current.number
    }

    /// Whether a walk failed because there is no such directory, or something else in its place.
    package static func isAbsence(_ error: Errno) -> Bool {
        error == .noSuchFileOrDirectory || error == .notDirectory || error == .tooManySymbolicLinkLevels
    }

    private static func open(_ path: [CChar], in root: borrowing OwnedDescriptor) throws(Errno) -> OwnedDescriptor {
        try OwnedDescriptor.open(
            bytes: path, at: root, flags: O_RDONLY | O_DIRECTORY,
            resolve: Resolve.inRoot | Resolve.noMagicLinks | Resolve.noMountPoints)
    }

    private static func walk(
        _ name: [CChar], from root: borrowing OwnedDescriptor, path: [CChar]
    ) throws(ImageError) -> OwnedDescriptor {
        do { return try open(name, in: root) } catch { throw failure(error, path) }
    }

    /// Walks down from the root and makes what is missing, 0755 and root's, as Docker does.
    private func makeParents(_ path: [CChar]) throws(ImageError) {
        current = try Self.walk([0x2e, 0], from: root, path: path)
        var end = 0
        while end < path.count - 1 {
            let start = end == 0 ? 0 : end + 1
            end = path[start...].firstIndex { $0 == 0x2f || $0 == 0 } ?? path.count - 1
            let prefix = path[..<end] + [0]
            do throws(Errno) {
                current = try Self.open(Array(prefix), in: root)
            } catch {
                guard Self.isAbsence(error) else { throw Self.failure(error, path) }
                implied += 1
                let hidden = try makeDirectory(
                    Array(path[start..<end] + [0]), in: current.number, mode: 0o755, replaces: false, path: path)
                current = try Self.walk(Array(prefix), from: root, path: path)
                if !hidden { try markImplied(path) }
            }
        }
    }

    /// Marks the current directory, and the root the first time.
    private func markImplied(_ path: [CChar]) throws(ImageError) {
        do throws(Errno) {
            try ImpliedDirectory.mark(current.number)
            if !hasImplied { try ImpliedDirectory.mark(root.number) }
        } catch {
            throw Self.failure(error, path)
        }
        hasImplied = true
    }

    /// Makes a directory, or keeps the one that is there. In place of a whiteout it is opaque: what the layer hid stays
    /// hidden.
    ///
    /// - Parameter replaces: whether a file or link in its place makes room.
    /// - Returns: whether it hides what lower layers have in its place.
    @discardableResult
    func makeDirectory(
        _ name: [CChar], in parent: Int32, mode: mode_t, replaces: Bool, path: [CChar]
    ) throws(ImageError) -> Bool {
        if mkdirat(parent, name, mode) == 0 { return false }
        guard errno == EEXIST else { throw Self.failure(.current, path) }
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw Self.failure(.current, path) }
        if status.st_mode & S_IFMT == S_IFDIR { return false }
        let wasWhiteout = Self.isWhiteout(status)
        guard replaces || wasWhiteout else {
            throw ImageError(
                .unsafe,
                "the directory \(Self.text(path)) is in the way of a file or a link to nothing inside this layer")
        }
        try discard(name, in: parent, path: path)
        guard mkdirat(parent, name, mode) == 0 else { throw Self.failure(.current, path) }
        if wasWhiteout { try markOpaque(name, in: parent, path: path) }
        return wasWhiteout
    }

    /// Hides what lower layers have under `name`, but nothing of this layer's own.
    func whiteout(_ name: [CChar], in parent: Int32, path: [CChar]) throws(ImageError) {
        if mknodat(parent, name, S_IFCHR, 0) == 0 { return }
        guard errno == EEXIST else { throw Self.failure(.current, path) }
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw Self.failure(.current, path) }
        if status.st_mode & S_IFMT == S_IFDIR { try markOpaque(name, in: parent, path: path) }
    }

    private func markOpaque(_ name: [CChar], in parent: Int32, path: [CChar]) throws(ImageError) {
        let directory = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure(.current, path) }
        defer { close(directory) }
        do { try ExtendedAttributes.markOpaque(directory) } catch { throw Self.failure(error, path) }
    }

    /// Hides all that lower layers have in a directory, but nothing of this layer's own.
    func markOpaque(_ path: [CChar]) throws(ImageError) {
        let directory = try directory(path)
        do { try ExtendedAttributes.markOpaque(directory) } catch { throw Self.failure(error, path) }
    }

    /// Takes away what the layer itself put under `name`; nothing there is fine.
    func discard(_ name: [CChar], in parent: Int32, path: [CChar]) throws(ImageError) {
        // It may have been a link or directory that the current directory was reached through.
        currentPath = nil
        if unlinkat(parent, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw Self.failure(.current, path) }
        trashed += 1
        guard renameat(parent, name, trash.number, "\(trashed)") == 0 else { throw Self.failure(.current, path) }
    }

    /// Whether a file hides the one of its name in lower layers: a character device 0:0 (kernel,
    /// filesystems/overlayfs).
    package static func isWhiteout(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0 }

    static func failure(_ error: Errno, _ path: [CChar]) -> ImageError {
        ImageError(.of(error), "cannot unpack \(text(path)): \(error)")
    }

    private static func text(_ path: [CChar]) -> String {
        path.count <= 1 ? "/" : path.withUnsafeBufferPointer { $0.baseAddress.map(Printable.text) ?? "/" }
    }
}
