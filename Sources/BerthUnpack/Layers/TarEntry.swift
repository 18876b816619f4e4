import CArchive
import Glibc

/// One header of a tar archive; valid until its reader goes on.
package struct TarEntry {
    let entry: OpaquePointer

    /// What the entry makes; a hard link is told apart from the file that it is one of.
    package enum Kind {
        case file, directory, symbolicLink, hardLink, characterDevice, blockDevice, fifo, other
    }

    /// `other` for what is no part of a root filesystem.
    package var kind: Kind {
        if archive_entry_hardlink(entry) != nil { return .hardLink }
        switch archive_entry_filetype(entry) {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK: return .symbolicLink
        case S_IFCHR: return .characterDevice
        case S_IFBLK: return .blockDevice
        case S_IFIFO: return .fifo
        default: return .other
        }
    }

    /// NUL-terminated bytes; nil if the header has none.
    package var path: UnsafePointer<CChar>? { archive_entry_pathname(entry) }
    /// Of a symbolic link, as it stands in the header; nil for anything else.
    package var linkTarget: UnsafePointer<CChar>? { archive_entry_symlink(entry) }
    /// The path of the entry that it is another name of; nil for anything else.
    package var hardLinkTarget: UnsafePointer<CChar>? { archive_entry_hardlink(entry) }
    /// Bytes of its content, holes counted; a header may state anything.
    package var size: Int64 { archive_entry_size(entry) }
    /// Whether it has holes, so that its data does not lie in one piece in the archive.
    package var isSparse: Bool { archive_entry_sparse_count(entry) > 0 }
    /// Of a device node.
    package var device: dev_t { archive_entry_rdev(entry) }
    /// Permissions with set-id and sticky bits.
    package var mode: mode_t { archive_entry_perm(entry) & 0o7777 }
    /// A number of the container's; a header may state anything, so is the group.
    package var user: Int64 { archive_entry_uid(entry) }
    package var group: Int64 { archive_entry_gid(entry) }

    /// Its last modification; a header may state anything.
    package var modified: timespec {
        timespec(tv_sec: archive_entry_mtime(entry), tv_nsec: archive_entry_mtime_nsec(entry))
    }

    /// Calls `body` with each extended attribute's name and value.
    package func forEachAttribute(
        _ body: (UnsafePointer<CChar>, UnsafeRawBufferPointer) throws(ImageError) -> Void
    ) throws(ImageError) {
        archive_entry_xattr_reset(entry)
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            if let name { try body(name, UnsafeRawBufferPointer(start: value, count: size)) }
        }
    }
}
