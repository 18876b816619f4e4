import Glibc

/// What stat(2) says of a file.
enum FileStatus {
    static func of(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// When a file was last written, in milliseconds since 1970; nil when there is none.
    static func modified(_ path: String) -> Int64? { of(path)?.modified }
}

extension stat {
    /// When it was last written, in milliseconds since 1970.
    var modified: Int64 { Int64(st_mtim.tv_sec) * 1000 + Int64(st_mtim.tv_nsec) / 1_000_000 }
}
