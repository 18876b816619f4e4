import Glibc
import SystemPackage

/// Files that are read and written whole, such as those of cgroupfs and procfs.
public enum SmallFile {
    /// The whole content of a file, as far as it is shorter than `limit` bytes; longer is an error (EFBIG).
    public static func readBytes(_ path: String, limit: Int = 1 << 20) throws(LinuxError) -> [UInt8] {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        return try readBytes(of: file.number, named: path, limit: limit)
    }

    /// What is left to read of an open file, pipe or socket; a socket cannot be opened by a path below `/proc/self/fd`.
    public static func readBytes(of file: Int32, named name: String, limit: Int = 1 << 20) throws(LinuxError) -> [UInt8]
    {
        var bytes = [UInt8](repeating: 0, count: min(4096, limit))
        var filled = 0
        while true {
            if filled == bytes.count {
                if filled >= limit { throw LinuxError("read", name, errno: .fileTooLarge) }
                bytes.append(contentsOf: [UInt8](repeating: 0, count: min(bytes.count, limit - filled)))
            }
            let count = try check("read", name) {
                bytes.withUnsafeMutableBytes {
                    Glibc.read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
                }
            }
            if count == 0 { return Array(bytes[..<filled]) }
            filled += count
        }
    }

    /// The whole content as text; bytes that are no UTF-8 are replaced.
    public static func read(_ path: String, limit: Int = 1 << 20) throws(LinuxError) -> String {
        String(decoding: try readBytes(path, limit: limit), as: UTF8.self)
    }

    /// Writes a value into an existing file in one write(2), as cgroupfs and procfs want it.
    public static func write(_ value: String, to path: String) throws(LinuxError) {
        try write(value, to: try OwnedDescriptor.open(path, flags: O_WRONLY), named: path)
    }

    /// The same for a path that begins at a directory.
    public static func write(
        _ value: String, to path: String, at directory: borrowing OwnedDescriptor
    ) throws(LinuxError) {
        try write(value, to: try OwnedDescriptor.open(path, at: directory, flags: O_WRONLY), named: path)
    }

    private static func write(
        _ value: String, to file: borrowing OwnedDescriptor, named path: String
    ) throws(LinuxError) {
        var value = value
        try value.withUTF8Typed { bytes throws(LinuxError) in
            _ = try check("write \(String(decoding: bytes, as: UTF8.self)) to", path) {
                Glibc.write(file.number, bytes.baseAddress, bytes.count)
            }
        }
    }
}

extension String {
    /// `withUTF8` that keeps the closure's error type.
    mutating func withUTF8Typed<E: Error>(_ body: (UnsafeBufferPointer<UInt8>) throws(E) -> Void) throws(E) {
        let result = withUTF8 { bytes in Result { () throws(E) in try body(bytes) } }
        try result.get()
    }
}
