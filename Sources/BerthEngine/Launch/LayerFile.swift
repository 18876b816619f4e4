import BerthLinux
import Glibc
import SystemPackage

/// A small file of an image, as an overlay of its layers would show it.
///
/// Layers are somebody else's: every open is confined to the layer's directory. A path through a symbolic link into
/// another layer is not followed; then the file counts as missing.
enum LayerFile {
    /// - Parameters:
    ///   - path: relative, for example `etc/passwd`.
    ///   - layers: lowest first.
    /// - Returns: empty when no layer has it.
    static func read(_ path: String, layers: [String]) throws(LinuxError) -> String {
        for layer in layers.reversed() {
            let root = try OwnedDescriptor.open(layer, flags: O_PATH | O_DIRECTORY)
            do throws(LinuxError) {
                let file = try OwnedDescriptor.open(path, at: root, flags: O_RDONLY | O_NONBLOCK, resolve: confined)
                var status = stat()
                try check("examine", path) { fstat(file.number, &status) }
                // A whiteout, or nothing that can be read: either way the layers below do not show.
                guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit else { return "" }
                return try SmallFile.read("/proc/self/fd/\(file.number)", limit: limit)
            } catch {
                // A whiteout is a character device 0:0, which has no driver: opening it is ENXIO.
                if error.errno == .noSuchAddressOrDevice { return "" }
                if error.errno != .noSuchFileOrDirectory && error.errno != .notDirectory { throw error }
            }
        }
        return ""
    }

    private static let limit = 1 << 20
    /// RESOLVE_NO_MAGICLINKS | RESOLVE_IN_ROOT (linux/openat2.h).
    private static let confined: UInt64 = 0x02 | 0x10
}
