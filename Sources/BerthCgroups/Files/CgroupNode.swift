import BerthLinux
import Glibc
import SystemPackage

/// A cgroup, named from an open directory: `<task>` or `<task>/<container>`.
struct CgroupNode: Sendable {
    let directory: CgroupDirectory
    let name: String

    var path: String { directory.path + "/" + name }

    subscript(_ child: String) -> CgroupNode { CgroupNode(directory: directory, name: name + "/" + child) }

    /// Readable for all whatever the daemon's umask: programs in a task look up their limits there.
    func make() throws(LinuxError) {
        try check("make cgroup", path) { mkdirat(directory.number, name, 0o755) }
        try check("open for reading", path) { fchmodat(directory.number, name, 0o755, 0) }
    }

    /// Gives it another name below the same parent: v1 alone does.
    ///
    /// - Throws: EEXIST when there is one of that name; it is not replaced, empty or not.
    func rename(to other: CgroupNode) throws(LinuxError) {
        // cgroups take none of the flags of renameat2(2).
        try directory.descriptor.rename(name, to: other.name, in: other.directory.descriptor, replaces: true)
    }

    func exists() -> Bool { faccessat(directory.number, name, F_OK, 0) == 0 }

    func has(_ file: String) -> Bool { faccessat(directory.number, name + "/" + file, F_OK, 0) == 0 }

    /// Writes a value in one write(2): the kernel parses each write by itself.
    func write(_ value: String, to file: String) throws(LinuxError) {
        let descriptor = try open(file, O_WRONLY)
        var value = value
        let written = value.withUTF8 { bytes in
            Result { () throws(LinuxError) in
                try check("write \(String(decoding: bytes, as: UTF8.self)) to", path + "/" + file) {
                    Glibc.write(descriptor.number, bytes.baseAddress, bytes.count)
                }
            }
        }
        _ = try written.get()
    }

    func write(_ value: some BinaryInteger, to file: String) throws(LinuxError) { try write(String(value), to: file) }

    func read(_ file: String) throws(LinuxError) -> String { try SmallFile.read(path + "/" + file) }

    /// The cgroups right below, in the order in which they were made: kernfs numbers its nodes upward (64 bits), and
    /// that is what keeps the index of a container across a restart of the daemon.
    func children() throws(LinuxError) -> [String] {
        try entries().filter { $0.isDirectory && $0.name != "." && $0.name != ".." }
            .sorted { $0.inode < $1.inode }.map(\.name)
    }

    /// The names of its files.
    func files() throws(LinuxError) -> [String] { try entries().filter { !$0.isDirectory }.map(\.name) }

    private struct Entry {
        var inode: UInt
        var isDirectory: Bool
        var name: String
    }

    private func entries() throws(LinuxError) -> [Entry] {
        let descriptor = try open(".", O_RDONLY | O_DIRECTORY)
        guard let stream = fdopendir(descriptor.release()) else {
            throw LinuxError("list", path, errno: .current)
        }
        defer { closedir(stream) }
        var found: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            found.append(
                Entry(inode: UInt(entry.pointee.d_ino), isDirectory: entry.pointee.d_type == UInt8(DT_DIR), name: name))
        }
        return found
    }

    func open(_ file: String, _ flags: Int32) throws(LinuxError) -> OwnedDescriptor {
        do {
            return try OwnedDescriptor.open(name + "/" + file, at: directory.descriptor, flags: flags)
        } catch {
            throw LinuxError("open", path + "/" + file, errno: error.errno)
        }
    }
}
