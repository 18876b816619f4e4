/// A checked `cgroupsPath`: the same absolute path in every hierarchy.
public struct RuntimeCgroupPath: Equatable, Sendable, CustomStringConvertible {
    /// For example `/berth-oci-one`.
    public let description: String

    /// The path without its leading slash, as it is below a mount.
    var relative: String { String(description.dropFirst()) }

    /// Where relative paths begin: made when it is needed, removed when it is empty.
    public static let parent = "/berth-oci"

    /// Reads `linux.cgroupsPath`.
    ///
    /// - Parameters:
    ///   - cgroupsPath: absolute is meant from the root of each hierarchy, relative from `parent`; nil or empty is the
    ///     container's id beside `parent`: a level above it would have to be made and removed, or would stay for ever.
    ///   - parent: an absolute path.
    public init(_ cgroupsPath: String?, id: String, parent: String = Self.parent) throws(RuntimeCgroupError) {
        let path = cgroupsPath ?? ""
        if path.isEmpty {
            let own = "\(parent)-\(id)"
            // The name of a cgroup is as long as a file's at most, and so is an id.
            description = own.utf8.count <= 256 ? own : "\(parent)/\(id)"
        } else {
            description = path.hasPrefix("/") ? path : "\(parent)/\(path)"
        }
        try Self.check(description, given: path.isEmpty ? id : path)
    }

    /// Whether the levels above are ours to remove.
    var isBelowParent: Bool { description.hasPrefix(Self.parent + "/") }

    /// An absolute path, as a state file keeps it.
    public init(_ absolute: String) throws(RuntimeCgroupError) {
        description = absolute
        try Self.check(absolute, given: absolute)
    }

    private static func check(_ path: String, given: String) throws(RuntimeCgroupError) {
        func refuse(_ reason: String) -> RuntimeCgroupError { .badPath(given, reason: reason) }
        guard path.hasPrefix("/") else { throw refuse("the path must be absolute") }
        if path == "/" { throw refuse("the root belongs to the host") }
        // PATH_MAX, less what a mount and a file's name take.
        if path.utf8.count > 3072 { throw refuse("it is longer than 3072 bytes") }
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            if part.isEmpty { throw refuse("a part of it is empty") }
            if part == "." || part == ".." { throw refuse("\"\(part)\" is no name of a cgroup") }
            if part.utf8.count > 255 { throw refuse("a part of it is longer than 255 bytes") }
            if part.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) {
                throw refuse("it holds a character that no name of a cgroup may hold")
            }
        }
    }
}
