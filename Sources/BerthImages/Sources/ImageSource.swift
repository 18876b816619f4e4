import BerthLinux
import BerthUnpack
import Glibc

/// Something an image can be imported from: files under slash-separated names.
protocol ImageSource: Sendable {
    /// What the user gave, for messages.
    var path: String { get }
    /// A file's bytes; nil if there is none of that name.
    func file(_ name: String) throws(ImageError) -> Region?
}

/// The kinds of source that are told apart.
enum ImageSources {
    /// Opens a directory, or a tar archive that may be compressed.
    ///
    /// - Parameter workspace: where a compressed archive is inflated to; its layers are read in no particular order.
    static func open(_ path: String, workspace: Workspace, limits: LayerLimits) throws(ImageError) -> any ImageSource {
        let file: SharedDescriptor
        do throws(LinuxError) {
            // Non-blocking, so that a FIFO in its place is seen for what it is.
            file = SharedDescriptor(try OwnedDescriptor.open(path, flags: O_RDONLY | O_NONBLOCK))
        } catch {
            throw ImageError(error.errno == .noSuchFileOrDirectory ? .notFound : .storage, "\(error)")
        }
        var status = stat()
        _ = try storing { () throws(LinuxError) in try check("stat", path) { fstat(file.descriptor.number, &status) } }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return LayoutDirectory(path: path, directory: file)
        case S_IFREG:
            let whole = Region(file: file, offset: 0, length: Int64(status.st_size), name: path)
            return try ArchiveFile(whole, workspace: workspace, limits: limits)
        default:
            throw ImageError(
                .unsupported, "\(path) is neither a directory nor a file; give an OCI layout or a saved image")
        }
    }
}
