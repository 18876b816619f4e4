import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage

/// An image's layers seen as one tree, as an overlay would show them, without mounting anything.
///
/// The walk is done name by name in open directories, following nothing but what it resolves itself inside the tree, so
/// a link in an image leads to a file of the image or nowhere.
struct MergedTree {
    /// As many links as the kernel follows in a path (path_resolution(7)).
    private static let maximumLinks = 40

    /// One directory of the tree: its part in each layer that has one, highest first.
    private typealias Directory = [SharedDescriptor]

    private enum Entry {
        case directory(Directory)
        case symbolicLink(String)
        /// A file, in the directory of the layer that shows it.
        case other(SharedDescriptor)
    }

    private let root: Directory

    /// - Parameter layers: absolute paths, lowest first.
    init(layers: [String]) throws(ImageError) {
        var root: Directory = []
        for path in layers.reversed() {
            root.append(
                try storing { () throws(LinuxError) in
                    SharedDescriptor(
                        try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY, resolve: Resolve.noMagicLinks))
                })
        }
        self.root = root
    }

    /// A regular file's content, nil if there is none.
    ///
    /// - Throws: ``ImageError/Code/unsafe`` for anything but a regular file, ``ImageError/Code/limitExceeded`` for one
    ///   of more than `limit` bytes.
    func text(_ path: String, limit: Int) throws(ImageError) -> String? {
        guard let (directory, name) = try find(path) else { return nil }
        // Non-blocking: a FIFO must not make us wait for a writer. A link in its place is refused.
        let file = SharedDescriptor(
            try storing { () throws(LinuxError) in
                try OwnedDescriptor.open(name, at: directory.descriptor, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
            })
        var status = stat()
        _ = try storing { () throws(LinuxError) in try check("stat", path) { fstat(file.descriptor.number, &status) } }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ImageError(
                .unsafe,
                "the image's \(path) is no regular file; rebuild the image with a plain one"
            )
        }
        let region = Region(file: file, offset: 0, length: Int64(status.st_size), name: "the image's \(path)")
        return String(decoding: try region.bytes(limit: limit), as: UTF8.self)
    }

    /// Where a path ends, links resolved: a layer's directory and the name in it. Nil if there is no file.
    private func find(_ path: String) throws(ImageError) -> (SharedDescriptor, String)? {
        var ahead = path.split(separator: "/").map(String.init)
        var way = [root]
        var links = 0
        while !ahead.isEmpty {
            let name = ahead.removeFirst()
            if name == "." { continue }
            if name == ".." {
                if way.count > 1 { way.removeLast() }
                continue
            }
            guard let here = way.last, let entry = try entry(name, in: here) else { return nil }
            switch entry {
            case .directory(let directory): way.append(directory)
            case .other(let layer): return ahead.isEmpty ? (layer, name) : nil
            case .symbolicLink(let target):
                links += 1
                guard links <= Self.maximumLinks else {
                    throw ImageError(
                        .unsafe, "the image's \(path) leads through more than \(Self.maximumLinks) symbolic links")
                }
                if target.hasPrefix("/") { way = [root] }
                ahead = target.split(separator: "/").map(String.init) + ahead
            }
        }
        return nil
    }

    private func entry(_ name: String, in directory: Directory) throws(ImageError) -> Entry? {
        var merged: Directory = []
        for layer in directory {
            var status = stat()
            guard fstatat(layer.descriptor.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                if errno == ENOENT { continue }
                throw ImageError(LinuxError("look up", name, errno: .current))
            }
            if status.st_mode & S_IFMT == S_IFDIR {
                let part = try storing { () throws(LinuxError) in
                    SharedDescriptor(
                        try OwnedDescriptor.open(name, at: layer.descriptor, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
                    )
                }
                merged.append(part)
                if (try? ExtendedAttributes.isOpaque(part.descriptor.number)) == true { break }
                continue
            }
            // Below a directory that is already found, anything else is hidden.
            if !merged.isEmpty || LayerDirectory.isWhiteout(status) { break }
            return status.st_mode & S_IFMT == S_IFLNK ? .symbolicLink(try link(name, in: layer)) : .other(layer)
        }
        return merged.isEmpty ? nil : .directory(merged)
    }

    private func link(_ name: String, in layer: SharedDescriptor) throws(ImageError) -> String {
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try storing { () throws(LinuxError) in
            try check("read the link", name) { readlinkat(layer.descriptor.number, name, &target, target.count) }
        }
        return String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
