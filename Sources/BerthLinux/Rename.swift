import CLinux

extension OwnedDescriptor {
    /// Renames an entry of this directory to `target` in another of the same file system; atomic.
    ///
    /// - Parameter replaces: whether a file (or empty directory) of that name makes room; otherwise it is an error
    ///   (EEXIST).
    public func rename(
        _ name: String, to target: String, in directory: borrowing OwnedDescriptor, replaces: Bool
    ) throws(LinuxError) {
        let (from, to) = (number, directory.number)
        // RENAME_NOREPLACE of renameat2(2) is 1.
        try check("rename", "\(name) to \(target)") { berth_renameat2(from, name, to, target, replaces ? 0 : 1) }
    }
}
