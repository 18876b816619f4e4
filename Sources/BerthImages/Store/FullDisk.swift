import BerthLinux
import BerthUnpack
import Glibc

/// Tells a user which file system is full and what to free.
enum FullDisk {
    /// Adds to a ``ImageError/Code/noSpace`` error the file system that holds `path`, its free space and a remedy;
    /// leaves other errors as they are. To be called before what was written is removed.
    static func explain(_ error: ImageError, path: String) -> ImageError {
        guard error.code == .noSpace, !error.isExplained else { return error }
        var status = statvfs()
        var shortage = "is full"
        if statvfs(path, &status) == 0 {
            // Both, because another thread of the import may have cleaned up since: neither need be 0 any more.
            shortage = "has \((status.f_bavail * status.f_frsize) >> 20) MiB free"
            if status.f_files > 0 { shortage += " and \(status.f_favail) inodes" }
        }
        var explained = ImageError(
            .noSpace,
            "\(error.message). The file system \(fileSystem(of: path)), which holds \(path), \(shortage). "
                + "What was being written is removed; delete files there or move the store to a larger one, then try again"
        )
        explained.isExplained = true
        return explained
    }

    /// Runs a body and explains its error.
    static func explaining<Value>(_ path: String, _ body: () throws(ImageError) -> Value) throws(ImageError) -> Value {
        do throws(ImageError) { return try body() } catch { throw explain(error, path: path) }
    }

    /// Whether there is hardly any room beside `path`: SQLite cannot always tell a full disk from other trouble, and has
    /// given back what it had taken by the time it says so.
    static func isFull(beside path: String) -> Bool {
        var status = statvfs()
        let directory = path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
        return statvfs(directory, &status) == 0
            && (status.f_bavail * status.f_frsize < 256 << 10 || status.f_files > 0 && status.f_favail == 0)
    }

    /// `/dev/sdb1 at /srv`, from the kernel's mount table; just the path if it cannot be told.
    static func fileSystem(of path: String) -> String {
        guard let file = try? OwnedDescriptor.open(path, flags: O_RDONLY | O_DIRECTORY),
            let identity = try? SmallFile.read("/proc/self/fdinfo/\(file.number)"),
            let table = try? SmallFile.read("/proc/self/mountinfo", limit: 16 << 20),
            let mount = identity.split(separator: "\n").first(where: { $0.hasPrefix("mnt_id:") })?.dropFirst(
                "mnt_id:".count)
        else { return path }
        let id = mount.drop { $0 == " " || $0 == "\t" }
        for line in table.split(separator: "\n") {
            // proc(5): id, parent, device, root, mount point, options, optional fields, "-", type, source.
            let fields = line.split(separator: " ")
            guard fields.first == id, fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 2 < fields.count
            else {
                continue
            }
            return "\(fields[dash + 2]) at \(fields[4])"
        }
        return path
    }
}
