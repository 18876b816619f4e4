import Glibc

extension OwnedDescriptor {
    /// Writes all bytes at the descriptor's position.
    public func writeAll(_ bytes: UnsafeRawBufferPointer, subject: @autoclosure () -> String) throws(LinuxError) {
        var written = 0
        while written < bytes.count {
            written += try check("write", subject()) {
                write(number, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
        }
    }

    /// The same for an array.
    public func writeAll(_ bytes: [UInt8], subject: @autoclosure () -> String) throws(LinuxError) {
        let written = bytes.withUnsafeBytes { bytes in
            Result { () throws(LinuxError) in try writeAll(bytes, subject: subject()) }
        }
        try written.get()
    }
}
