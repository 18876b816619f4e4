import CLinux
import Glibc
import SystemPackage

extension OwnedDescriptor {
    /// Removes an entry of this directory, with all below it if it is a directory; one that is not there is fine.
    ///
    /// Nothing is followed: a symbolic link is removed itself. However deep the tree is, one level is open at a time:
    /// a directory that is not empty is first moved up into its top, so neither recursion nor descriptors grow with
    /// what an image or a task has built; nor does memory, for names are read piece by piece. Nobody else may be writing
    /// to the tree.
    public func removeTree(_ name: String) throws(LinuxError) {
        if unlinkat(number, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw LinuxError("remove", name, errno: .current) }
        if unlinkat(number, name, AT_REMOVEDIR) == 0 { return }
        guard errno == ENOTEMPTY || errno == EEXIST else { throw LinuxError("remove", name, errno: .current) }
        let top = try OwnedDescriptor.open(
            name, at: self, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW, resolve: Resolve.beneath | Resolve.noSymlinks)
        var moved = 0
        while try top.flatten(into: top, moved: &moved, subject: name) {}
        try check("remove", name) { unlinkat(number, name, AT_REMOVEDIR) }
    }

    /// Removes this directory's entries; directories that are not empty are emptied in turn or moved into `top`.
    /// Returns whether it met any entry.
    private func flatten(into top: borrowing OwnedDescriptor, moved: inout Int, subject: String) throws(LinuxError)
        -> Bool
    {
        var entries = try DirectoryStream(self, subject: subject)
        var isEmpty = true
        while let name = try entries.next() {
            isEmpty = false
            if unlinkat(number, name, 0) == 0 { continue }
            if unlinkat(number, name, AT_REMOVEDIR) == 0 { continue }
            guard errno == ENOTEMPTY || errno == EEXIST else {
                throw LinuxError("remove below", subject, errno: .current)
            }
            if number == top.number {
                let child: OwnedDescriptor
                do {
                    child = try OwnedDescriptor.open(bytes: name, at: self, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                } catch {
                    throw LinuxError("open below", subject, errno: error)
                }
                _ = try child.flatten(into: top, moved: &moved, subject: subject)
                try check("remove below", subject) { unlinkat(number, name, AT_REMOVEDIR) }
            } else {
                try moveUp(name, into: top, moved: &moved, subject: subject)
            }
        }
        return !isEmpty
    }

    private func moveUp(
        _ name: [CChar], into top: borrowing OwnedDescriptor, moved: inout Int, subject: String
    ) throws(LinuxError) {
        while true {
            moved += 1
            if berth_renameat2(number, name, top.number, ".moved-\(moved)", renameNoReplace) == 0 { return }
            if errno != EEXIST { throw LinuxError("move below", subject, errno: .current) }
        }
    }
}

/// RENAME_NOREPLACE of renameat2(2).
private let renameNoReplace: UInt32 = 1
