import BerthConfinement
import Foundation
import Glibc

@testable import BerthLaunch

extension Fault {
    /// A fault for each step, in the order in which a launch takes them.
    static let all = preparations + hostSteps + mounts + rootSteps + processSteps + options + confinement + ofBundles

    /// The gate is where the launch's maker has gone away: whoever connects to it next hears of the steps behind it.
    static let untold: Set = ["BERTH_CHILD_GATE"]

    /// What the shim does before there is a process.
    private static let preparations: [Fault] = [
        .request(
            "BERTH_STEP_CGROUP", says: "cannot enter the cgroup $ROOT/none: No such file or directory",
            change: { request, fixture in request.cgroup.containers[0].lifecycle = "\(fixture.root)/none" }),
        .call(
            "BERTH_STEP_CGROUP", "write", EACCES, [.int(2, equals: 1)],
            says: "cannot enter the cgroup $JOIN: Permission denied"),
        .call(
            "BERTH_STEP_NAMESPACE", "setns", EPERM, [.int(1, equals: 0x1000_0000)],  // CLONE_NEWUSER
            says: "cannot enter the container's namespaces: Operation not permitted"),
        .request(
            "BERTH_STEP_LOG", says: "cannot open the log file $ROOT/none/log: No such file or directory",
            change: { request, fixture in request.containers[0].logPath = "\(fixture.root)/none/log" }),
        .call("BERTH_STEP_PIPE", "pipe2", EMFILE, says: "cannot make the container's pipes: Too many open files"),
        .call(
            "BERTH_STEP_CLONE", "clone3", ENOSYS,
            says: "cannot create the container's namespaces: Function not implemented"),
        .call(
            "BERTH_STEP_CLONE", "setns", EPERM, [.int(1, equals: 0x2_0000)],  // CLONE_NEWNS
            says: "cannot create the container's namespaces: Operation not permitted"),
        // The kernel takes no range that goes round.
        .request(
            "BERTH_STEP_MAP_IDS", says: "cannot map the container's ids: Invalid argument",
            change: { request, _ in request.hostIDBase = UInt32.max - 100 }),
    ]

    private static let hostSteps: [Fault] = [
        .call(
            "BERTH_HOST_OVERLAY", "open_tree", ENOMEM, [.int(2, equals: MountFlags.cloneOfPath)],
            says: "cannot mount the image's layers in $ROOT/layers: Cannot allocate memory"),
        .request(
            "BERTH_HOST_OVERLAY", says: "cannot mount the image's layers in $ROOT/layers: No such file or directory",
            change: { request, fixture in request.containers[0].layers.append("\(fixture.root)/layers/none") }),
        .call("BERTH_HOST_DEVICES", "mknodat", EPERM, says: "cannot make /dev: Operation not permitted"),
        Fault(
            step: "BERTH_HOST_SYSFS", sentence: "cannot mount the sysfs of the task's network: Operation not permitted",
            call: SeccompRule(.fail(errno: UInt16(EPERM)), ["fsmount"], where: [.int(2, equals: MountFlags.inert | 1)]),
            change: { request, _ in request.network = .host }),
    ]

    private static let mounts: [Fault] = [
        .call(
            "BERTH_CHILD_ROOT", "unshare", ENOSPC, [.int(0, equals: 0x0200_0000)],  // CLONE_NEWCGROUP,
            says: "cannot enter the root file system: No space left on device"),
        .call(
            "BERTH_CHILD_BECOME_ROOT", "setgroups", EPERM, [.int(0, equals: 0)],
            says: "cannot become root of the container: Operation not permitted"),
        .call(
            "BERTH_CHILD_MOUNT", "fsmount", EPERM, [.int(2, equals: MountFlags.inert)],
            says: "cannot mount a file system at /proc: Operation not permitted"),
        .request(
            "BERTH_CHILD_ATTACH", says: "cannot attach /proc: Too many levels of symbolic links",
            change: { request, fixture in try request.replace("proc", byLinkTo: "/etc", fixture) }),
        .request(
            "BERTH_CHILD_ATTACH", says: "cannot attach /dev: Too many levels of symbolic links",
            change: { request, fixture in try request.replace("dev", byLinkTo: "/etc", fixture) }),
        .request(
            "BERTH_CHILD_ATTACH", says: "cannot attach /sys: Too many levels of symbolic links",
            change: { request, fixture in
                request.network = .host
                try request.replace("sys", byLinkTo: "/etc", fixture)
            }),
        .call(
            "BERTH_CHILD_RESTRICT", "open_tree", ENOMEM, [.int(2, equals: MountFlags.clone | MountFlags.recursive)],
            says: "cannot restrict /dev/shm: Cannot allocate memory"),
        .call(
            "BERTH_CHILD_MASK", "open_tree", ENOMEM, [.int(2, equals: MountFlags.clone)],
            says: "cannot hide /proc/interrupts: Cannot allocate memory"),
    ]

    private static let rootSteps: [Fault] = [
        .call("BERTH_CHILD_PIVOT", "chroot", EPERM, says: "cannot change the root: Operation not permitted"),
        .call(
            "BERTH_CHILD_DIRECTORY", "getcwd", ENOENT,
            says: "cannot enter the working directory /srv: No such file or directory",
            change: { $0.workingDirectory = "/srv" }),
        .request(
            "BERTH_CHILD_DIRECTORY", says: "cannot enter the working directory /bin/busybox/x: Not a directory",
            change: { request, _ in request.containers[0].workingDirectory = "/bin/busybox/x" }),
        .call(
            "BERTH_CHILD_READ_ONLY_ROOT", "mount_setattr", EROFS, [.int(2, equals: 0)],
            says: "cannot make the root file system read-only: Read-only file system",
            change: { $0.readonlyRootFilesystem = true }),
    ]

    private static let processSteps: [Fault] = [
        .call(
            "BERTH_CHILD_NAME", "sethostname", EPERM,
            says: "cannot set the host or domain name $HOSTNAME: Operation not permitted"),
        .call(
            "BERTH_CHILD_LOOPBACK", "ioctl", EPERM, [.int(1, equals: 0x8914)],  // SIOCSIFFLAGS
            says: "cannot bring the loopback interface up: Operation not permitted"),
        // RLIMIT_CORE: posix_spawn(3) itself asks for the number of files.
        .call(
            "BERTH_CHILD_LIMIT", "prlimit64", EINVAL, [.int(1, equals: 4)],
            says: "cannot set the resource limit core: Invalid argument"),
        .call(
            "BERTH_CHILD_STDIO", "close_range", ENOMEM, [.int(0, equals: 3)],
            says: "cannot set up standard input and output: Cannot allocate memory"),
    ]

    /// Steps that a definition can ask for.
    private static let options: [Fault] = [
        .request(
            "BERTH_CHILD_SYSCTL", says: "cannot set the kernel parameter kernel.core_pattern: Permission denied",
            change: { request, _ in
                request.containers[0].systemControls = [SystemControl(name: "kernel.core_pattern", value: "|/evil")]
            }),
        .call(
            "BERTH_CHILD_TERMINAL", "ioctl", ENOTTY, [.int(1, equals: 0x5441)],  // TIOCGPTPEER
            says: "cannot open a terminal: Inappropriate ioctl for device", change: { $0.terminal = true }),
        .call(
            "BERTH_CHILD_INIT", "prctl", EINVAL, [.int(0, equals: 36)],  // PR_SET_CHILD_SUBREAPER
            says: "cannot start the init process: Invalid argument", change: { $0.initProcess = true }),
        .request(
            "BERTH_CHILD_MOUNT", says: "cannot mount a file system at /data: Invalid argument",
            change: { request, _ in
                request.containers[0].tmpfs = [TmpfsMount(path: "/data", sizeBytes: 4096, options: ["mode=what"])]
            }),
    ]

    /// Steps that only bundles have: the rest of the plan is a task's.
    private static let ofBundles: [Fault] = [
        .addition(
            "BERTH_CHILD_SOURCE", .source("/none", recursive: false),
            says: "cannot open /none to mount it: No such file or directory"),
        .addition(
            "BERTH_CHILD_BIND",
            .bind(nil, at: "none", set: .readOnly, clear: [], propagation: nil),
            says: "cannot bind a mount at /none: No such file or directory"),
        .addition(
            "BERTH_CHILD_DEVICE",
            .device("dev/mem", mode: UInt32(S_IFCHR) | 0o666, major: 1, minor: 1, uid: 0, gid: 0),
            says: "cannot make the device /dev/mem: Operation not permitted"),
        .addition(
            "BERTH_CHILD_LINK", .link("bin/busybox/link", to: "x"),
            says: "cannot make the link /bin/busybox/link: Not a directory"),
        .addition(
            "BERTH_CHILD_HOOK", .hook("/none", arguments: [], environment: [], seconds: 5),
            says: "the hook /none failed: Operation canceled"),
        .addition(
            "BERTH_CHILD_PROPAGATION", .propagation(.slave, recursive: true),
            says: "cannot set the propagation of the root: Operation not permitted",
            call: SeccompRule(.fail(errno: UInt16(EPERM)), ["mount"], where: [.int(3, equals: 0x8_4000)])),
        .addition(
            "BERTH_CHILD_CALL", .ioPriority(7 << 13), says: "cannot set the I/O priority: Invalid argument"),
    ]

    private static let confinement: [Fault] = [
        .call(
            "BERTH_CHILD_BOUNDING", "prctl", EPERM, [.int(0, equals: 24)],  // PR_CAPBSET_DROP
            says: "cannot limit the bounding set of capabilities to none: Operation not permitted",
            change: { $0.capabilities = [] }),
        .call(
            "BERTH_CHILD_USER", "setresuid", EAGAIN, [.int(0, equals: 1000)],
            says: "cannot become the container's user: Resource temporarily unavailable",
            change: { $0.uid = 1000 }),
        .call(
            "BERTH_CHILD_CAPABILITIES", "capset", EPERM,
            says: "cannot limit capabilities to CHOWN, KILL: Operation not permitted",
            change: { $0.capabilities = [.chown, .kill] }),
        .call(
            "BERTH_CHILD_NO_NEW_PRIVILEGES", "prctl", EPERM, [.int(0, equals: 38)],  // PR_SET_NO_NEW_PRIVS
            says: "cannot set no_new_privs: Operation not permitted"),
        .call("BERTH_CHILD_SECCOMP", "seccomp", EINVAL, says: "cannot load the seccomp filter: Invalid argument"),
        .request(
            "BERTH_CHILD_EXECUTE", says: "cannot execute nothing-like-it: No such file or directory",
            change: { request, _ in request.containers[0].arguments = ["nothing-like-it"] }),
        .request(
            "BERTH_CHILD_EXECUTE", says: "cannot execute /tmp: Permission denied",
            change: { request, _ in request.containers[0].arguments = ["/tmp"] }),
    ]
}

/// Flags by which the calls of one step are told from those of another.
private enum MountFlags {
    /// MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
    static let inert: UInt32 = 0xe
    /// OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC
    static let cloneOfPath: UInt32 = 0x80001
    /// The same, and AT_EMPTY_PATH
    static let clone: UInt32 = 0x81001
    /// AT_RECURSIVE
    static let recursive: UInt32 = 0x8000
}

extension LaunchRequest {
    /// Has the image bring a link where the runtime wants a directory.
    mutating func replace(_ name: String, byLinkTo target: String, _ fixture: LaunchFixture) throws {
        let layer = try fixture.layer("links") {
            try FileManager.default.createSymbolicLink(atPath: "\($0)/\(name)", withDestinationPath: target)
        }
        containers[0].layers.append(layer)
    }
}
