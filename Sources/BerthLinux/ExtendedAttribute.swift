import CLinux
import Glibc
import SystemPackage

/// Extended attributes of an open file or directory.
public enum ExtendedAttribute {
    /// Sets an attribute, whether it is there or not.
    public static func set(
        _ name: UnsafePointer<CChar>, to value: UnsafeRawBufferPointer, on file: Int32
    ) throws(Errno) {
        if berth_fsetxattr(file, name, value.baseAddress, value.count) != 0 { throw .current }
    }

    /// An attribute's value of at most `limit` bytes; nil if the file has none of that name, or the file system none at
    /// all.
    public static func get(_ name: UnsafePointer<CChar>, of file: Int32, limit: Int) throws(Errno) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: limit)
        let count = value.withUnsafeMutableBytes { berth_fgetxattr(file, name, $0.baseAddress, $0.count) }
        if count >= 0 { return Array(value.prefix(count)) }
        if errno == ENODATA || errno == EOPNOTSUPP { return nil }
        throw .current
    }
}
