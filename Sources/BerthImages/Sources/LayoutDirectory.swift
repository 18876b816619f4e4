import BerthLinux
import BerthUnpack
import Glibc

/// A directory in the form of the image specification's layout.
///
/// Whoever wrote the layout may not be who imports it, so none of its files may be a symbolic link or lead through
/// one: a "blob" that is a link to a file of the host would end up in a container.
struct LayoutDirectory: ImageSource {
    let path: String
    private let directory: SharedDescriptor

    init(path: String, directory: SharedDescriptor) {
        self.path = path
        self.directory = directory
    }

    func file(_ name: String) throws(ImageError) -> Region? {
        let whole = "\(path)/\(name)"
        let file: SharedDescriptor
        do throws(LinuxError) {
            file = SharedDescriptor(
                try OwnedDescriptor.open(
                    name, at: directory.descriptor, flags: O_RDONLY | O_NONBLOCK,
                    resolve: Resolve.beneath | Resolve.noSymlinks | Resolve.noMagicLinks))
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory: return nil
            case .tooManySymbolicLinkLevels:
                throw ImageError(.unsafe, "\(whole) is a symbolic link, or lies behind one; a layout holds plain files")
            default: throw ImageError(.storage, "cannot open \(whole): \(error.errno)")
            }
        }
        var status = stat()
        _ = try storing { () throws(LinuxError) in try check("stat", whole) { fstat(file.descriptor.number, &status) } }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImageError(.unsafe, "\(whole) is no regular file; a layout holds plain files")
        }
        return Region(file: file, offset: 0, length: Int64(status.st_size), name: whole)
    }
}
