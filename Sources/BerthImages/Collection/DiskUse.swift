import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

/// What a store takes up on the disk, in bytes as du(1) counts them: allocated blocks, every file once.
public struct DiskUse: Equatable, Sendable {
    /// Manifests, configurations and compressed layers.
    public var blobs: Int64 = 0
    /// Unpacked layers and flattened images.
    public var layers: Int64 = 0
    /// Of both, what no image, no repository and no pull needs.
    public var unused: Int64 = 0
    /// Downloads, uploads and layers that are not finished.
    public var unfinished: Int64 = 0
    /// Removed, but not yet off the disk.
    public var trash: Int64 = 0
}

extension ImageStore {
    /// What the store takes up. Layers and blobs do not change, so each is measured once.
    public func diskUse() throws(ImageError) -> DiskUse {
        try measure()
        var use = DiskUse()
        let roots = roots.withLock { $0 }
        (use.blobs, use.layers, use.unused) = try database.query { database in
            let kept = try Marking(holds: holds.images, roots: roots).digests(in: database)
            var sums: [Int64] = []
            var unused: Int64 = 0
            for table in ["blob", "layer"] {
                var sum: Int64 = 0
                for row in try Row.fetchAll(database, sql: "SELECT digest, coalesce(disk, 0) FROM \(table)") {
                    sum += row[1]
                    if !kept.contains(row[0]) { unused += row[1] }
                }
                sums.append(sum)
            }
            return (sums[0], sums[1], unused)
        }
        use.blobs += try DiskMeter.own(of: directories.blobs) + DiskMeter.own(of: directories.blobsParent)
        use.layers += try DiskMeter.own(of: directories.layers)
        use.unfinished = try DiskMeter.tree(directories.partial) + DiskMeter.tree(directories.staging)
        use.trash = try DiskMeter.tree(directories.trash)
        return use
    }

    /// Writes down what blobs and layers take up that have not been measured yet.
    func measure() throws(ImageError) {
        for (table, directory) in [("blob", directories.blobs), ("layer", directories.layers)] {
            let rows = try database.query {
                try Row.fetchAll(
                    $0, sql: "SELECT digest\(table == "layer" ? ", flat" : ", 0") FROM \(table) WHERE disk IS NULL"
                )
                .map { (name: $0[0] as String, isFlat: $0[1] as Bool) }
            }
            var measured: [(String, Int64)] = []
            for row in rows {
                // It may have been collected meanwhile.
                guard let bytes = try DiskMeter.entry(row.name, of: directory, sharesFiles: row.isFlat) else {
                    continue
                }
                measured.append((row.name, bytes))
            }
            if measured.isEmpty { continue }
            try database.change { database in
                for (name, bytes) in measured {
                    try database.execute(
                        sql: "UPDATE \(table) SET disk = ? WHERE digest = ?", arguments: [bytes, name])
                }
            }
        }
    }
}

/// Counts allocated bytes, as du(1) does.
struct DiskMeter {
    private struct Inode: Hashable {
        var device: dev_t
        var number: ino_t
    }
    private var seen: Set<Inode> = []
    private var bytes: Int64 = 0
    /// Whether files of several links belong to somebody else.
    private let sharesFiles: Bool

    private init(sharesFiles: Bool) { self.sharesFiles = sharesFiles }

    /// A file's or a whole tree's bytes; nil if it is not there.
    static func entry(_ name: String, of directory: SharedDescriptor, sharesFiles: Bool = false) throws(ImageError)
        -> Int64?
    {
        var meter = DiskMeter(sharesFiles: sharesFiles)
        let bytes = Array(name.utf8CString)
        return try storing { () throws(LinuxError) in
            try meter.add(bytes, at: directory.number) ? meter.bytes : nil
        }
    }

    /// All that is in a directory.
    static func tree(_ directory: SharedDescriptor) throws(ImageError) -> Int64 {
        (try entry(".", of: directory) ?? 0) - (try own(of: directory))
    }

    /// A directory without what is in it.
    static func own(of directory: SharedDescriptor) throws(ImageError) -> Int64 {
        var status = stat()
        _ = try storing { () throws(LinuxError) in
            try check("measure", "a directory") { fstat(directory.number, &status) }
        }
        return Int64(status.st_blocks) * 512
    }

    private static let maximumDepth = 512

    /// - Returns: false if it is not there.
    private mutating func add(_ name: [CChar], at parent: Int32, depth: Int = 0) throws(LinuxError) -> Bool {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return false }
            throw LinuxError("measure", "a file of the store", errno: .current)
        }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if !isDirectory, status.st_nlink > 1 {
            if sharesFiles { return true }
            guard seen.insert(Inode(device: status.st_dev, number: status.st_ino)).inserted else { return true }
        }
        // st_blocks is in units of 512 bytes, whatever the file system's are (stat(3type)).
        bytes += Int64(status.st_blocks) * 512
        // A layer can be deeper than its limits say, by links to its own bottom; what is below is not worth a descriptor each.
        guard isDirectory, depth < Self.maximumDepth else { return true }
        let number = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard number >= 0 else {
            if errno == ENOENT { return false }
            throw LinuxError("measure", "a directory of the store", errno: .current)
        }
        var entries = try DirectoryStream(owning: OwnedDescriptor(owning: number), subject: "a directory of the store")
        while let name = try entries.next() { _ = try add(name, at: number, depth: depth + 1) }
        return true
    }
}
