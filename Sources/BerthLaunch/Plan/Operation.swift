import BerthConfinement
import CBerthPlan

/// One step of a launch plan, before it is laid out in the buffer. What the members mean stands beside each code in
/// `berth_plan.h`; the functions below make them.
package struct Operation: Equatable, Sendable {
    package var code: Int
    var numbers: [UInt64] = []
    var texts: [String] = []
    var list: [String]?
    /// Bytes that take the place of the first text.
    var bytes: [UInt8]?
    /// A second list that takes the place of the first text.
    var secondList: [String]?
    /// A third that takes the place of the second text.
    var thirdList: [String]?

    /// Of its lists, their ends included.
    var pointerCount: Int {
        (list.map { $0.count + 1 } ?? 0) + (secondList.map { $0.count + 1 } ?? 0)
            + (thirdList.map { $0.count + 1 } ?? 0)
    }
}

/// Attributes of a mount, as fsmount(2) and mount_setattr(2) take them.
package struct MountAttributes: OptionSet, Sendable {
    package let rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let readOnly = MountAttributes(rawValue: 0x1)
    package static let noSetID = MountAttributes(rawValue: 0x2)
    package static let noDevices = MountAttributes(rawValue: 0x4)
    package static let noExecute = MountAttributes(rawValue: 0x8)
    package static let noAccessTime = MountAttributes(rawValue: 0x10)
    package static let strictAccessTime = MountAttributes(rawValue: 0x20)
    /// Two bits, of which relatime is neither: to be cleared whenever one of them is set.
    package static let accessTimes = MountAttributes(rawValue: 0x70)
    package static let noDirectoryAccessTime = MountAttributes(rawValue: 0x80)
    package static let noSymbolicLinks = MountAttributes(rawValue: 0x20_0000)
    /// What nothing but the root file system and shared memory need to go without.
    package static let inert: MountAttributes = [.noSetID, .noDevices, .noExecute]
}

/// How mounts pass from one namespace to another (mount_namespaces(7)), as mount(2) numbers it.
package enum Propagation: UInt64, Sendable {
    case unbindable = 0x2_0000
    case `private` = 0x4_0000
    case slave = 0x8_0000
    case shared = 0x10_0000
}

/// How a path inside the root file system may be followed (openat2(2)), beside never leaving it.
package enum Following: UInt64, Sendable {
    /// Links that an image made lead where its own programs would go.
    case links = 0
    /// A link anywhere in it is an error, ELOOP.
    case noLinks = 0x4
}

extension Operation {
    /// Enters the root file system that a host step made, or the one at `source`.
    ///
    /// - Parameter mountNamespace: false when the process has the host's; then the root file system is not attached.
    package static func root(
        at directory: String, source: String? = nil, propagation: Propagation = .private,
        cgroupNamespace: Bool = true, mountNamespace: Bool = true
    ) -> Operation {
        Operation(
            code: BERTH_CHILD_ROOT,
            numbers: [propagation.rawValue, cgroupNamespace ? 1 : 0, mountNamespace ? 0 : 1],
            texts: [directory] + (source.map { [$0] } ?? []))
    }

    /// Opens a host path, to be bound later; the first is number 0.
    package static func source(_ path: String, recursive: Bool) -> Operation {
        Operation(code: BERTH_CHILD_SOURCE, numbers: [recursive ? 1 : 0], texts: [path])
    }

    /// Becomes root of the container, who may do all within and nothing outside.
    package static func becomeRoot(keepingGroups: Bool = false) -> Operation {
        Operation(code: BERTH_CHILD_BECOME_ROOT, numbers: [keepingGroups ? 1 : 0])
    }

    /// - Parameter options: keys and values of fsconfig(2) in turn; a flag has an empty value.
    package static func mount(
        _ type: String, at target: String, _ attributes: MountAttributes, options: [String] = [],
        propagation: Propagation? = nil, following: Following = .noLinks
    ) -> Operation {
        Operation(
            code: BERTH_CHILD_MOUNT,
            numbers: [attributes.rawValue, 0, propagation?.rawValue ?? 0, following.rawValue],
            texts: [type, target], list: options)
    }

    /// - Parameters:
    ///   - source: nil changes what is mounted there already.
    ///   - replacingLink: whether a link in the target's place makes way for a file, instead of being followed.
    package static func bind(
        _ source: Int?, at target: String, set: MountAttributes, clear: MountAttributes, propagation: Propagation?,
        following: Following = .links, recursiveAttributes: Bool = false, replacingLink: Bool = false
    ) -> Operation {
        Operation(
            code: BERTH_CHILD_BIND,
            numbers: [
                set.rawValue, clear.rawValue, propagation?.rawValue ?? 0, following.rawValue,
                source.map(UInt64.init) ?? .max,
                replacingLink ? 2 : recursiveAttributes ? 1 : 0,
            ], texts: ["", target])
    }

    /// Attaches the sysfs that a host step made.
    package static var attachSysfs: Operation {
        Operation(code: BERTH_CHILD_ATTACH, numbers: [UInt64(BERTH_MOUNT_SYSFS)], texts: ["sys"])
    }

    /// Attaches the procfs that the shim has mounted for the process.
    package static var attachProcfs: Operation {
        Operation(code: BERTH_CHILD_ATTACH, numbers: [UInt64(BERTH_MOUNT_PROCFS)], texts: ["proc"])
    }

    /// Attaches the `/dev` that a host step made.
    package static var attachDevices: Operation {
        Operation(code: BERTH_CHILD_ATTACH, numbers: [UInt64(BERTH_MOUNT_DEVICES)], texts: ["dev"])
    }

    /// - Parameter mode: type and permissions, as mknod(2) takes them.
    package static func device(
        _ path: String, mode: UInt32, major: UInt32, minor: UInt32, uid: UInt32, gid: UInt32
    ) -> Operation {
        let numbers = [mode, major, minor, uid, gid].map(UInt64.init)
        return Operation(code: BERTH_CHILD_DEVICE, numbers: numbers, texts: [path])
    }

    package static func link(_ path: String, to target: String) -> Operation {
        Operation(code: BERTH_CHILD_LINK, texts: [target, path])
    }

    /// Hides paths behind an empty file or directory; one that is missing is fine.
    ///
    /// - Parameter empty: a directory of the root file system that is empty and stays so; without one each hidden directory
    ///   gets a file system of its own.
    package static func mask(_ paths: [String], behind empty: String? = nil) -> Operation {
        Operation(
            code: BERTH_CHILD_MASK, numbers: [MountAttributes.readOnly.rawValue], texts: empty.map { [$0] } ?? [],
            list: paths)
    }

    /// Makes paths mounts of their own that are inert, with all below; one that is missing is fine.
    package static func restrict(_ paths: [String], _ more: MountAttributes = []) -> Operation {
        Operation(code: BERTH_CHILD_RESTRICT, numbers: [more.rawValue], list: paths)
    }

    /// Makes paths read-only with all below; one that is missing is fine.
    package static func readOnly(_ paths: [String]) -> Operation { restrict(paths, .readOnly) }

    /// A kernel setting of the container's own namespaces, while a procfs may still be mounted.
    package static func systemControl(_ control: SystemControl) -> Operation {
        Operation(code: BERTH_CHILD_SYSCTL, texts: [control.name], list: [control.path, control.value])
    }

    /// A terminal of the container's own.
    package static func terminal(_ size: WindowSize?, console: Bool) -> Operation {
        Operation(
            code: BERTH_CHILD_TERMINAL,
            numbers: [UInt64(size?.rows ?? 0), UInt64(size?.columns ?? 0), console ? 1 : 0])
    }

    /// Runs a program and waits for it; it reads the launch's state file.
    ///
    /// - Parameter seconds: how long it may take; nil for as long as it likes.
    package static func hook(_ path: String, arguments: [String], environment: [String], seconds: Int?) -> Operation {
        Operation(
            code: BERTH_CHILD_HOOK, numbers: [UInt64(seconds ?? 0)], texts: [path],
            list: arguments.isEmpty ? [path] : arguments, secondList: environment)
    }

    /// Makes the root file system the root.
    package static var pivot: Operation { Operation(code: BERTH_CHILD_PIVOT) }

    /// The same by chroot(2), which leaves below what is there: for who has no mount namespace, and for tasks, whose mounts are
    /// a copy of none.
    package static var changeRoot: Operation { Operation(code: BERTH_CHILD_PIVOT, numbers: [1]) }

    package static func propagation(_ kind: Propagation, recursive: Bool) -> Operation {
        Operation(code: BERTH_CHILD_PROPAGATION, numbers: [kind.rawValue | (recursive ? 0x4000 : 0)])  // MS_REC
    }

    package static var readOnlyRoot: Operation { Operation(code: BERTH_CHILD_READ_ONLY_ROOT) }

    package static func hostname(_ name: String) -> Operation { Operation(code: BERTH_CHILD_NAME, texts: [name]) }

    package static func domainname(_ name: String) -> Operation {
        Operation(code: BERTH_CHILD_NAME, numbers: [1], texts: [name])
    }

    package static var loopback: Operation { Operation(code: BERTH_CHILD_LOOPBACK) }

    /// - Parameter lenient: whether a limit above what the host allows becomes what it allows, and is no error.
    package static func limit(_ limit: ResourceLimit, lenient: Bool) -> Operation {
        Operation(
            code: BERTH_CHILD_LIMIT,
            numbers: [UInt64(limit.resource.rawValue), limit.soft, limit.hard, lenient ? 1 : 0],
            texts: ["\(limit.resource)"])
    }

    /// Standard input, output and error; every descriptor that is not preserved closes at exec.
    package static var standardDescriptors: Operation { Operation(code: BERTH_CHILD_STDIO) }

    /// Makes the working directory, if it is missing, and enters it.
    package static func directory(_ path: String) -> Operation {
        Operation(code: BERTH_CHILD_DIRECTORY, texts: [path])
    }

    package static func bounding(_ set: CapabilitySet) -> Operation {
        Operation(code: BERTH_CHILD_BOUNDING, numbers: [set.bits], texts: [set.words])
    }

    /// - Parameter additionalGids: nil leaves them as they are.
    package static func user(uid: UInt32, gid: UInt32, additionalGids: [UInt32]?) -> Operation {
        let groups = [UInt32(additionalGids?.count ?? 0)] + (additionalGids ?? [])
        return Operation(
            code: BERTH_CHILD_USER, numbers: [UInt64(uid), UInt64(gid), additionalGids == nil ? 1 : 0],
            bytes: groups.flatMap { withUnsafeBytes(of: $0, Array.init) })
    }

    package static func capabilities(
        effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet = [],
        ambient: CapabilitySet = []
    ) -> Operation {
        Operation(
            code: BERTH_CHILD_CAPABILITIES, numbers: [effective.bits, permitted.bits, inheritable.bits, ambient.bits],
            texts: [permitted.words])
    }

    package static var noNewPrivileges: Operation { Operation(code: BERTH_CHILD_NO_NEW_PRIVILEGES) }

    /// - Parameter flags: SECCOMP_FILTER_FLAG_ of seccomp(2).
    package static func seccomp(_ program: SeccompProgram, flags: UInt64 = 0) -> Operation {
        Operation(
            code: BERTH_CHILD_SECCOMP, numbers: [UInt64(program.count), flags], bytes: program.instructions)
    }

    /// Waits at the launch's gate until somebody connects.
    package static var gate: Operation { Operation(code: BERTH_CHILD_GATE) }

    /// From here on the program's steps are those of a child; its parent reaps and forwards signals.
    package static var initProcess: Operation { Operation(code: BERTH_CHILD_INIT) }

    /// See ``CommandPaths``.
    package static func execute(_ arguments: [String], environment: [String]) -> Operation {
        let paths = CommandPaths(arguments.first ?? "", environment: environment)
        return Operation(
            code: BERTH_CHILD_EXECUTE, numbers: [paths.isSearch ? 1 : 0], list: arguments, secondList: environment,
            thirdList: paths.all)
    }
}

extension CapabilitySet {
    /// For the error of a step: `CHOWN, KILL`.
    fileprivate var words: String { isEmpty ? "none" : description }
}
