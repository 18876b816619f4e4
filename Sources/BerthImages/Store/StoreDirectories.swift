import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc

/// The store's directories, open; all are 0700, since a layer holds set-user-id programs and device nodes as data.
final class StoreDirectories: Sendable {
    let path: String
    let root: SharedDescriptor
    let blobs: SharedDescriptor
    let layers: SharedDescriptor
    let staging: SharedDescriptor
    /// Blobs on their way in.
    let partial: SharedDescriptor

    /// Makes what is missing, takes the store for this process, and removes what a killed import left.
    init(path: String) throws(ImageError) {
        self.path = path
        try Self.makeWithParents(path)
        root = try Self.open(path)
        // Released by the kernel when the process ends, however it ends.
        guard flock(root.number, LOCK_EX | LOCK_NB) == 0 else {
            throw ImageError(
                .storeInUse,
                "the image store \(path) is in use by another process; stop it, or give this one another directory")
        }
        _ = try Self.make("blobs", in: root, path)
        blobs = try Self.make("blobs/sha256", in: root, path)
        layers = try Self.make("layers", in: root, path)
        staging = try Self.make("staging", in: root, path)
        partial = try Self.make("partial", in: root, path)
        try storing { () throws(LinuxError) in
            for name in try staging.descriptor.entryNames("\(path)/staging") {
                try staging.descriptor.removeTree(
                    String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
        }
    }

    /// A blob's bytes; nil if it is not there.
    func blob(_ digest: Digest) throws(ImageError) -> [UInt8]? {
        try LayoutDirectory(path: "\(path)/blobs/sha256", directory: blobs).file(digest.hex)?.bytes(
            limit: Documents.maximumBytes)
    }

    /// Keeps a blob.
    func keep(_ bytes: [UInt8], as digest: Digest) throws(ImageError) {
        try write(bytes, as: digest.hex, in: blobs)
    }

    /// The image list; nil if there is none yet.
    func index() throws(ImageError) -> Region? {
        try LayoutDirectory(path: path, directory: root).file("index.json")
    }

    func writeIndex(_ bytes: [UInt8]) throws(ImageError) {
        try write(bytes, as: "index.json", in: root)
    }

    /// Writes a small file durably and puts it in place at once, so that nobody ever reads half of it.
    private func write(_ bytes: [UInt8], as name: String, in directory: SharedDescriptor) throws(ImageError) {
        let workspace = try Workspace(staging: staging)
        defer { workspace.remove() }
        let file = SharedDescriptor(try workspace.file("new"))
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(LinuxError) in try file.descriptor.writeAll(bytes, subject: name) }
        }
        try storing { () throws(LinuxError) in
            try result.get()
            try check("store", name) { fsync(file.number) }
        }
        try workspace.publish("new", as: name, in: directory.descriptor, replaces: true)
        _ = try storing { () throws(LinuxError) in try check("store", name) { fsync(directory.number) } }
    }

    private static func makeWithParents(_ path: String) throws(ImageError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let parts = path.split(separator: "/")
        if errno == ENOENT, parts.count > 1 {
            try makeWithParents((path.hasPrefix("/") ? "/" : "") + parts.dropLast().joined(separator: "/"))
            if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        }
        throw ImageError(LinuxError("make the image store", path, errno: .current))
    }

    private static func open(_ path: String) throws(ImageError) -> SharedDescriptor {
        try storing { () throws(LinuxError) in
            SharedDescriptor(try OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY))
        }
    }

    private static func make(_ name: String, in root: SharedDescriptor, _ path: String) throws(ImageError)
        -> SharedDescriptor
    {
        if mkdirat(root.number, name, 0o700) != 0 && errno != EEXIST {
            throw ImageError(LinuxError("make", "\(path)/\(name)", errno: .current))
        }
        return try storing { () throws(LinuxError) in
            SharedDescriptor(
                try OwnedDescriptor.open(
                    name, at: root.descriptor, flags: O_RDONLY | O_DIRECTORY, resolve: Resolve.noSymlinks))
        }
    }
}
