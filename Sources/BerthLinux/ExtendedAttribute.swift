import CLinux
import Glibc
import SystemPackage

/// Extended attributes of an open file or directory.
public enum ExtendedAttribute {
    /// Sets an attribute, whether it is there or not.
    public static func set(
        _ name: UnsafePointer<CChar>, to value: UnsafeRawBufferPointer, on file: Int32
    ) throws(Errno) {
        let (name, bytes) = (UInt(bitPattern: name), UInt(bitPattern: value.baseAddress))
        if berth_syscall(Int(SYS_fsetxattr), UInt(file), name, bytes, UInt(value.count), 0) != 0 { throw .current }
    }

    /// An attribute's value of at most `limit` bytes; nil if the file has none of that name, or the file system none at
    /// all.
    public static func get(_ name: UnsafePointer<CChar>, of file: Int32, limit: Int) throws(Errno) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: limit)
        let count = value.withUnsafeMutableBytes {
            berth_syscall(
                Int(SYS_fgetxattr), UInt(file), UInt(bitPattern: name), UInt(bitPattern: $0.baseAddress),
                UInt($0.count), 0)
        }
        if count >= 0 { return Array(value.prefix(count)) }
        if errno == ENODATA || errno == EOPNOTSUPP { return nil }
        throw .current
    }

    /// The names of all attributes, NUL-terminated; none where the file system has none at all.
    public static func names(of file: Int32) throws(Errno) -> [[CChar]] {
        // XATTR_LIST_MAX of the kernel: all names of a file together.
        var all = [CChar](repeating: 0, count: 65536)
        let count = all.withUnsafeMutableBufferPointer {
            berth_syscall(Int(SYS_flistxattr), UInt(file), UInt(bitPattern: $0.baseAddress), UInt($0.count), 0, 0)
        }
        guard count >= 0 else {
            if errno == EOPNOTSUPP { return [] }
            throw .current
        }
        return all.prefix(count).split(separator: 0).map { Array($0) + [0] }
    }

    /// Takes an attribute away; none of that name is fine.
    public static func remove(_ name: UnsafePointer<CChar>, from file: Int32) throws(Errno) {
        if berth_syscall(Int(SYS_fremovexattr), UInt(file), UInt(bitPattern: name), 0, 0, 0) == 0 { return }
        if errno != ENODATA && errno != EOPNOTSUPP { throw .current }
    }
}
