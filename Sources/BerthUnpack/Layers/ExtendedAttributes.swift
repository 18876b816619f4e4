import BerthLinux
import Glibc
import SystemPackage

/// Which extended attributes of an image reach its files.
package enum ExtendedAttributes {
    /// Bytes of all names of a file, each with its NUL: listxattr(2) fails on a file with more (XATTR_LIST_MAX).
    static let maximumNameBytes = 65_536

    /// `user.` attributes and file capabilities are kept. Left out is what would speak to the host or the overlay:
    /// `trusted.` and the other `security.` (labels of another machine's policy), `user.overlay.` and
    /// `user.fuseoverlayfs.`, and `system.` (access control lists, which Docker's tools do not write either).
    static func isKept(_ name: UnsafePointer<CChar>, value: UnsafeRawBufferPointer, isFile: Bool) -> Bool {
        if strcmp(name, "security.capability") == 0 {
            // Revisions 1 and 2 (linux/capability.h): 12 and 20 bytes. Revision 3 names a host id as the root it
            // counts for, which is not the image's to say.
            return isFile && (value.count == 12 || value.count == 20)
        }
        return begins(name, with: "user.") && !begins(name, with: "user.overlay.")
            && !begins(name, with: "user.fuseoverlayfs.")
    }

    private static func begins(_ name: UnsafePointer<CChar>, with prefix: String) -> Bool {
        strncmp(name, prefix, prefix.utf8.count) == 0
    }

    /// Marks a directory as hiding what lower layers have in it (kernel, filesystems/overlayfs).
    static func markOpaque(_ directory: Int32) throws(Errno) {
        var yes = UInt8(ascii: "y")
        try withUnsafeBytes(of: &yes) { value throws(Errno) in
            try ExtendedAttribute.set("trusted.overlay.opaque", to: value, on: directory)
        }
    }

    /// Whether a directory hides what lower layers have in it (kernel, filesystems/overlayfs).
    package static func isOpaque(_ directory: Int32) throws(Errno) -> Bool {
        try ExtendedAttribute.get("trusted.overlay.opaque", of: directory, limit: 16) == [UInt8(ascii: "y")]
    }
}
