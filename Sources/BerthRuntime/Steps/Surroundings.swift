import BerthCgroups
import BerthConfinement
import BerthOCI

/// What the steps of a container depend on beside its configuration: read from the host before, so that the steps are a
/// pure function.
struct Surroundings {
    /// Absolute.
    var root: String
    var bundle: String
    /// Whether the command may do what only the host's root may.
    var isPrivileged = true
    /// v1 hierarchies; none on a unified host.
    var hierarchies: [CgroupHierarchies.Legacy] = []
    /// Where the container is in every hierarchy; nil for a container without a cgroup.
    var cgroup: String?
    /// Where v2 is mounted.
    var unified = "/sys/fs/cgroup"
    /// Capabilities that the command has, and so may hand on.
    var capabilities: UInt64 = .max
    /// The filter, compiled.
    var seccomp: SeccompProgram?
    /// `HOME` of the container's user.
    var home = "/"
    /// Descriptors from 3 on that the program inherits.
    var preservedDescriptors = 0
    /// Whether `start` comes later, as a command of its own.
    var waitsForStart = false
}
