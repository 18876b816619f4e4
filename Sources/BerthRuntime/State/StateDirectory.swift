import BerthLinux
import Glibc
import SystemPackage

/// Where containers are kept: a directory each, only their owner's to see.
struct StateDirectory {
    /// Absolute.
    var path: String

    init(_ path: String) { self.path = path }

    /// The names of all containers, in order. A directory that is not there has none.
    func ids() throws(Failure) -> [ContainerID] {
        guard let stream = opendir(path) else {
            if errno == ENOENT { return [] }
            throw Failure("\(LinuxError("open", path, errno: .current))")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted().compactMap { name in try? ContainerID(name) }
    }

    /// A container that is there.
    func container(_ id: ContainerID) throws(Failure) -> StoredContainer {
        guard let container = try find(id) else { throw Failure("container \(id) does not exist") }
        return container
    }

    /// Nil for a container that is not there.
    func find(_ id: ContainerID) throws(Failure) -> StoredContainer? {
        let directory = "\(path)/\(id)"
        do throws(LinuxError) {
            return StoredContainer(
                id: id, path: directory,
                directory: try OwnedDescriptor.open(directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw Failure(error.description)
        }
    }

    /// Makes a container's directory; its name must be free.
    func make(_ id: ContainerID) throws(Failure) -> StoredContainer {
        // Parents too, as `mkdir -p` does; only the last is ours alone.
        for (index, character) in path.enumerated() where character == "/" && index > 0 {
            _ = mkdir(String(path.prefix(index)), 0o755)
        }
        _ = mkdir(path, 0o700)
        guard mkdir("\(path)/\(id)", 0o700) == 0 else {
            if errno == EEXIST {
                throw Failure("container with ID \(id) exists already; delete it or take another name")
            }
            throw Failure("\(LinuxError("make", "\(path)/\(id)", errno: .current))")
        }
        return try container(id)
    }
}
