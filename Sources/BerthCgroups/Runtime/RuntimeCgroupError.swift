import BerthLinux
import SystemPackage

/// Why a cgroup could not be made or changed as asked.
public enum RuntimeCgroupError: Error, Equatable, Sendable, CustomStringConvertible {
    case host(CgroupHostError)
    /// A `cgroupsPath` that names no cgroup of its own.
    case badPath(String, reason: String)
    /// A field that cannot mean anything, or not beside the others. `field` is its place in config.json.
    case invalid(field: String, value: String, reason: String)
    /// A field that this host's kernel, or its cgroups, have nothing for.
    case unsupported(field: String, value: String, reason: String)
    /// A field that the kernel did not accept.
    case refused(field: String, value: String, LinuxError)
    /// Processes that are not the container's live in the cgroup already.
    case occupied(path: String)
    /// A step that belongs to no field.
    case failed(LinuxError)

    public var description: String {
        switch self {
        case .host(let error):
            error.description
        case .badPath(let path, let reason):
            "cannot use the cgroup \"\(path)\": \(reason)"
        case .invalid(let field, let value, let reason), .unsupported(let field, let value, let reason):
            "cannot set \(field) to \(value): \(reason)"
        case .refused(let field, let value, let error):
            "cannot set \(field) to \(value): \(error)"
        case .occupied(let path):
            "cannot use the cgroup \(path): processes live in it; end them or name another cgroupsPath"
        case .failed(let error):
            error.description
        }
    }

    /// Whether the caller lacks the right to cgroups at all, as without root and without delegation; a rootless
    /// runtime may then go on without, when nothing was to be limited.
    public var isLackOfPermission: Bool {
        guard case .failed(let error) = self else { return false }
        return [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error.errno)
    }
}

/// Runs a step that belongs to no field.
func failing<Result>(_ step: () throws(LinuxError) -> Result) throws(RuntimeCgroupError) -> Result {
    do throws(LinuxError) {
        return try step()
    } catch {
        throw .failed(error)
    }
}
