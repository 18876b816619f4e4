import BerthLinux
import Crypto
import Glibc

/// A file that holds one random key, in hexadecimal. Whoever removes it takes back all that was signed with it.
enum KeyFile {
    private static let size = 32

    /// The file's key, or a new one that is written to it with mode 0600.
    static func read(_ path: String) throws(LinuxError) -> SymmetricKey {
        if access(path, F_OK) == 0 {
            let bytes = Hex.bytes(try SmallFile.read(path).split(separator: "\n").first ?? "") ?? []
            guard bytes.count == size else {
                throw LinuxError("read \(size) bytes in hexadecimal from", path, errno: .badMessage)
            }
            return SymmetricKey(data: bytes)
        }
        // The standard library promises a cryptographically secure source on Linux: getrandom(2).
        var source = SystemRandomNumberGenerator()
        let bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &source) }
        try PrivateFile.replace(path, with: Array("\(Hex.string(bytes))\n".utf8))
        return SymmetricKey(data: bytes)
    }
}
