import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage

/// Gives directories that layers do not list (``ImpliedDirectory``) owner, mode and time of the layers below.
///
/// A layer is shared by images, so the first that uses it decides. Layers are made on top of others, and it would take
/// another base with other owners or modes of the same directories for this to matter.
struct ImpliedAttributes {
    /// Much deeper than a layer's names can lead; links can lead deeper, to directories nobody put there by mistake.
    private static let maximumDepth = 512

    /// Of the image's layers, lowest first, absolute.
    private let paths: [String]

    init(layers paths: [String]) { self.paths = paths }

    /// Settles every mark of the layers. Costs an attribute a layer when there is none.
    func settle() throws(ImageError) {
        for (index, path) in paths.enumerated() {
            let root = try open(path)
            do throws(Errno) {
                guard try ImpliedDirectory.isMarked(root.number) else { continue }
            } catch {
                throw failure(error, path)
            }
            var below: [SharedDescriptor] = []
            for lower in paths[..<index].reversed() { below.append(SharedDescriptor(try open(lower))) }
            try settle(root, path: [], depth: 0, below: below, layer: path)
            // Last, so that a process that is killed on the way leaves the rest to the next.
            do throws(Errno) { try ImpliedDirectory.unmark(root.number) } catch { throw failure(error, path) }
        }
    }

    private func settle(
        _ directory: borrowing OwnedDescriptor, path: [CChar], depth: Int, below: [SharedDescriptor], layer: String
    ) throws(ImageError) {
        guard depth < Self.maximumDepth else { return }
        let names: [[CChar]]
        do throws(LinuxError) { names = try directory.entryNames(layer) } catch { throw ImageError(error) }
        for name in names {
            let child: OwnedDescriptor
            do throws(Errno) {
                child = try OwnedDescriptor.open(bytes: name, at: directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            } catch {
                continue  // No directory.
            }
            let whole = path + (path.isEmpty ? [] : [0x2f]) + name.dropLast()
            do throws(Errno) {
                if try ImpliedDirectory.isMarked(child.number) {
                    try adopt(child.number, path: whole + [0], below: below)
                    try ImpliedDirectory.unmark(child.number)
                }
            } catch {
                throw failure(error, layer)
            }
            try settle(child, path: whole, depth: depth + 1, below: below, layer: layer)
        }
    }

    /// Copies from the highest layer that has the directory, unless something else hides it.
    private func adopt(_ directory: Int32, path: [CChar], below: [SharedDescriptor]) throws(Errno) {
        for lower in below {
            do throws(Errno) {
                let original = try OwnedDescriptor.open(
                    bytes: path, at: lower.descriptor, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    resolve: Resolve.beneath | Resolve.noSymlinks)
                return try copy(from: original.number, to: directory)
            } catch .noSuchFileOrDirectory {
                continue
            } catch {
                // A file, link or whiteout on the way: overlay merges with nothing below it.
                if LayerDirectory.isAbsence(error) { return }
                throw error
            }
        }
    }

    private func copy(from original: Int32, to directory: Int32) throws(Errno) {
        var status = stat()
        guard fstat(original, &status) == 0 else { throw .current }
        // Owner first, since it takes set-id bits away; time last, since all else changes it.
        guard fchown(directory, status.st_uid, status.st_gid) == 0, fchmod(directory, status.st_mode & 0o7777) == 0
        else {
            throw .current
        }
        let times = [status.st_atim, status.st_mtim]
        guard futimens(directory, times) == 0 else { throw .current }
    }

    private func open(_ path: String) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }

    private func failure(_ error: Errno, _ path: String) -> ImageError {
        ImageError(.of(error), "cannot settle the directories of the layer \(path): \(error)")
    }
}
