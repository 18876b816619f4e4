import BerthLinux
import Glibc
import SystemPackage

/// Directories that a layer does not list although it has entries below them.
///
/// Such a layer says nothing about the directory itself, so that owner, mode and time are those of the layers below it.
/// Which they are is not known when a layer is unpacked, on its own and beside the others: the directory gets a mark, and
/// so does the layer's root.
package enum ImpliedDirectory {
    private static let attribute = "trusted.berth.implied"

    /// Needs CAP_SYS_ADMIN, as all attributes of `trusted.` do (xattr(7)).
    package static func mark(_ directory: Int32) throws(Errno) {
        var yes = UInt8(ascii: "y")
        try withUnsafeBytes(of: &yes) { value throws(Errno) in
            try ExtendedAttribute.set(attribute, to: value, on: directory)
        }
    }

    /// Without that capability no directory seems marked.
    package static func isMarked(_ directory: Int32) throws(Errno) -> Bool {
        try ExtendedAttribute.get(attribute, of: directory, limit: 16) != nil
    }

    /// Takes the mark away; none there is fine.
    package static func unmark(_ directory: Int32) throws(Errno) {
        try ExtendedAttribute.remove(attribute, from: directory)
    }
}
