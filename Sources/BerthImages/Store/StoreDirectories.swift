import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc

/// The store's directories, open; all are 0700, since a layer holds set-user-id programs and device nodes as data.
final class StoreDirectories: Sendable {
    let path: String
    let root: SharedDescriptor
    let blobsParent: SharedDescriptor
    let blobs: SharedDescriptor
    let layers: SharedDescriptor
    let staging: SharedDescriptor
    /// Blobs on their way in.
    let partial: SharedDescriptor
    /// What is only still to be unlinked.
    let trash: SharedDescriptor

    /// Makes what is missing, and takes the store for this process.
    init(path: String) throws(ImageError) {
        self.path = path
        try Self.makeWithParents(path)
        root = try Self.open(path)
        guard Self.lock(root) else {
            throw ImageError(
                .storeInUse,
                "the image store \(path) is in use by another process; stop it, or give this one another directory")
        }
        blobsParent = try Self.make("blobs", in: root, path)
        blobs = try Self.make("blobs/sha256", in: root, path)
        layers = try Self.make("layers", in: root, path)
        staging = try Self.make("staging", in: root, path)
        partial = try Self.make("partial", in: root, path)
        trash = try Self.make("trash", in: root, path)
    }

    /// Released by the kernel when the process ends, however it ends. A child that was being spawned just then has a copy
    /// of the descriptor until it has called exec; that is waited for, up to 1 s.
    private static func lock(_ root: SharedDescriptor) -> Bool {
        for _ in 0..<100 {
            if flock(root.number, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(10_000)
        }
        return false
    }

    /// A blob's bytes; nil if it is not there.
    func blob(_ digest: Digest) throws(ImageError) -> [UInt8]? {
        try LayoutDirectory(path: "\(path)/blobs/sha256", directory: blobs).file(digest.hex)?.bytes(
            limit: Documents.maximumBytes)
    }

    /// The names in one of the directories.
    func names(_ directory: SharedDescriptor) throws(ImageError) -> [String] {
        try storing { () throws(LinuxError) in
            try directory.descriptor.entryNames(path).map {
                String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            }
        }
    }

    /// Moves an entry of one of the directories into the trash, whatever it is; one that is not there is fine.
    func discard(_ name: String, from directory: SharedDescriptor) throws(ImageError) {
        let target = String(UInt64.random(in: .min ... .max), radix: 16)
        do throws(LinuxError) {
            try directory.descriptor.rename(name, to: target, in: trash.descriptor, replaces: false)
        } catch {
            if error.errno != .noSuchFileOrDirectory { throw ImageError(error) }
        }
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
