import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage

/// Lays layers over each other in one directory, as the kernel's overlay would show them.
///
/// Files are hard links to those of the layers: they take up no space, and content, owner, mode, times, attributes and
/// links among them are the layers' own. Directories are made anew. Nothing below the result is to be hidden any more, so
/// whiteouts and opaque marks are carried out and left out. Both trees are the store's own and nobody else writes to them.
struct LayerMerge: ~Copyable {
    let target: OwnedDescriptor
    private static let subject = "an image's layers while they are flattened"

    init(target: consuming OwnedDescriptor) { self.target = target }

    /// Lays a layer over what is there.
    func apply(_ layer: consuming OwnedDescriptor) throws(LinuxError) {
        var layer = try DirectoryStream(owning: layer, subject: Self.subject)
        try merge(&layer, into: target)
    }

    /// Removes what is there.
    func clear() throws(ImageError) {
        try storing { () throws(LinuxError) in
            var entries = try DirectoryStream(target, subject: Self.subject)
            while let name = try entries.next() { try remove(name, from: target) }
        }
    }

    /// Directories that lie in each other; each keeps two descriptors open.
    private static let maximumDepth = 512

    private func merge(
        _ source: inout DirectoryStream, into target: borrowing OwnedDescriptor, depth: Int = 0
    ) throws(LinuxError) {
        if depth > Self.maximumDepth { throw LinuxError("flatten", Self.subject, errno: .fileNameTooLong) }
        let number = source.number
        while let name = try source.next() {
            var status = stat()
            try check("read", Self.subject) { fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) }
            switch status.st_mode & S_IFMT {
            case S_IFCHR where status.st_rdev == 0: try remove(name, from: target)
            case S_IFDIR: try mergeDirectory(name, number, into: target, depth: depth)
            default:
                try remove(name, from: target)
                try check("link", Self.subject) { linkat(number, name, target.number, name, 0) }
            }
        }
        try copyAttributes(of: number, to: target)
    }

    private func mergeDirectory(
        _ name: [CChar], _ source: Int32, into target: borrowing OwnedDescriptor, depth: Int
    ) throws(LinuxError) {
        var directory = try DirectoryStream(owning: open(name, at: source), subject: Self.subject)
        var status = stat()
        let isThere = fstatat(target.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        let isOpaque = try describing { () throws(Errno) in try ExtendedAttributes.isOpaque(directory.number) }
        let isKept = isThere && status.st_mode & S_IFMT == S_IFDIR && !isOpaque
        if !isKept {
            if isThere { try remove(name, from: target) }
            try check("make a directory for", Self.subject) { mkdirat(target.number, name, 0o700) }
        }
        try merge(&directory, into: try open(name, at: target.number), depth: depth + 1)
    }

    private func open(_ name: [CChar], at directory: Int32) throws(LinuxError) -> OwnedDescriptor {
        OwnedDescriptor(
            owning: try check("open", Self.subject) {
                openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            })
    }

    private func remove(_ name: [CChar], from directory: borrowing OwnedDescriptor) throws(LinuxError) {
        if unlinkat(directory.number, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw LinuxError("remove", Self.subject, errno: .current) }
        let inner = try open(name, at: directory.number)
        var entries = try DirectoryStream(inner, subject: Self.subject)
        while let name = try entries.next() { try remove(name, from: inner) }
        try check("remove", Self.subject) { unlinkat(directory.number, name, AT_REMOVEDIR) }
    }

    /// Owner, mode, attributes and time of the uppermost layer that has the directory are what an overlay shows.
    private func copyAttributes(
        of from: Int32, to target: borrowing OwnedDescriptor
    ) throws(LinuxError) {
        var status = stat()
        try check("read", Self.subject) { fstat(from, &status) }
        let number = target.number
        try describing { () throws(Errno) in
            let wanted = try ExtendedAttribute.names(of: from).filter(Self.isShown)
            for name in wanted {
                // XATTR_SIZE_MAX of the kernel.
                guard let value = try ExtendedAttribute.get(name, of: from, limit: 65536) else { continue }
                let result = value.withUnsafeBytes { value in
                    Result { () throws(Errno) in try ExtendedAttribute.set(name, to: value, on: number) }
                }
                try result.get()
            }
        }
        try check("set the owner of", Self.subject) { fchown(number, status.st_uid, status.st_gid) }
        try check("set the mode of", Self.subject) { fchmod(number, status.st_mode & 0o7777) }
        var times = [status.st_atim, status.st_mtim]
        try check("set the time of", Self.subject) { futimens(number, &times) }
    }

    /// The overlay's own marks and ours are not the image's.
    private static func isShown(_ name: [CChar]) -> Bool {
        strncmp(name, "trusted.", 8) != 0
    }

    private func describing<Value>(_ body: () throws(Errno) -> Value) throws(LinuxError) -> Value {
        do { return try body() } catch { throw LinuxError("copy attributes of", Self.subject, errno: error) }
    }
}
