import CLinux
import Glibc
import SystemPackage

extension OwnedDescriptor {
    /// Removes an entry of this directory, with all below it if it is a directory; one that is not there is fine.
    ///
    /// Nothing is followed: a symbolic link is removed itself. However deep the tree is, 16 levels are open at a time: what
    /// lies deeper is moved up into its top, so neither recursion nor descriptors grow with what an image or a task has
    /// built; nor does memory, for names are read piece by piece. Nobody else may be writing to the tree.
    public func removeTree(_ name: String) throws(LinuxError) {
        if unlinkat(number, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw LinuxError("remove", name, errno: .current) }
        var removal = TreeRemoval(subject: name)
        while unlinkat(number, name, AT_REMOVEDIR) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST else { throw LinuxError("remove", name, errno: .current) }
            let emptied = try removal.empty(
                OwnedDescriptor.open(
                    name, at: self, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
                    resolve: Resolve.beneath | Resolve.noSymlinks))
            // Else it would be tried for ever.
            guard emptied else { throw LinuxError("remove", name, errno: .directoryNotEmpty) }
        }
    }
}

/// The removal of one tree.
private struct TreeRemoval {
    let subject: String
    /// The tree's top while it is being emptied.
    private var top: Int32 = -1
    private var moved = 0

    /// More than a task's own directories are nested, with those that overlay makes in `work`.
    private static let deepest = 15

    init(subject: String) { self.subject = subject }

    /// Removes what is in a directory; of the top something may be left that came up while it was read.
    ///
    /// - Returns: whether there was anything.
    mutating func empty(_ directory: consuming OwnedDescriptor, level: Int = 0) throws(LinuxError) -> Bool {
        var entries = try DirectoryStream(owning: directory, subject: subject)
        if level == 0 { top = entries.number }
        var isEmpty = true
        while let entry = try entries.nextEntry() {
            isEmpty = false
            try remove(entry, in: entries.number, level: level)
        }
        return !isEmpty
    }

    private mutating func remove(
        _ entry: DirectoryStream.Entry, in parent: Int32, level: Int
    ) throws(LinuxError) {
        if !entry.isDirectory {
            if unlinkat(parent, entry.name, 0) == 0 { return }
            // A file system that does not tell what its entries are.
            guard errno == EISDIR || errno == EPERM else { throw failure("remove below") }
        }
        while unlinkat(parent, entry.name, AT_REMOVEDIR) != 0 {
            guard errno == ENOTEMPTY || errno == EEXIST else { throw failure("remove below") }
            if level == Self.deepest { return try moveUp(entry.name, from: parent) }
            let number = try check("open below", subject) {
                openat(parent, entry.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            guard try empty(OwnedDescriptor(owning: number), level: level + 1) else {
                throw LinuxError("remove below", subject, errno: .directoryNotEmpty)
            }
        }
    }

    private mutating func moveUp(_ name: [CChar], from parent: Int32) throws(LinuxError) {
        while true {
            moved += 1
            if berth_renameat2(parent, name, top, ".moved-\(moved)", Self.noReplace) == 0 { return }
            if errno != EEXIST { throw failure("move below") }
        }
    }

    private func failure(_ operation: String) -> LinuxError { LinuxError(operation, subject, errno: .current) }

    /// RENAME_NOREPLACE of renameat2(2).
    private static let noReplace: UInt32 = 1
}
