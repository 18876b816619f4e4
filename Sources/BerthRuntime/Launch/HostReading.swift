import BerthCgroups
import BerthConfinement
import BerthLinux
import BerthOCI
import Glibc

extension Surroundings {
    /// What a bundle's container will find on this host. Nothing is made but a file of the filter cache.
    ///
    /// - Parameter process: whose `HOME` is looked up: the container's own, or one that enters it.
    init(_ bundle: Bundle, process: RuntimeProcess?, cgroup: String?) throws(Failure) {
        let configuration = bundle.configuration
        root = bundle.rootDirectory
        self.bundle = bundle.path
        self.cgroup = cgroup
        isPrivileged = geteuid() == 0
        let needsHierarchies = configuration.mounts.contains { $0.type == "cgroup" || $0.type == "cgroup2" }
        if needsHierarchies {
            let found = try Hierarchies.found()
            unified = found.unified
            hierarchies = found.isUnified ? [] : found.legacy
        }
        capabilities = Self.heldCapabilities()
        if let seccomp = configuration.linux.seccomp {
            let text = bundle.document["linux"]?["seccomp"]?.bytes() ?? []
            self.seccomp = try FilterCache(directory: GlobalOptions.defaultRoot + ".cache")
                .program(CustomSeccompPolicy(seccomp), writtenAs: text)
        }
        if let process, !process.environment.contains(where: { $0.hasPrefix("HOME=") }) {
            home = HomeDirectory.of(process.user.uid, root: root)
        }
    }

    /// What is wrong with the host for this container, found before anything is made.
    static func check(_ bundle: Bundle) throws(Failure) {
        let configuration = bundle.configuration
        var file = stat()
        guard stat(bundle.rootDirectory, &file) == 0 else {
            throw Failure(
                "root.path is \"\(configuration.root.path)\": \(LinuxError("open", bundle.rootDirectory, errno: .current))"
            )
        }
        guard file.st_mode & S_IFMT == S_IFDIR else {
            throw Failure("root.path is \"\(configuration.root.path)\": it is no directory; name one")
        }
        let labels = [
            ("apparmorProfile", configuration.process?.apparmorProfile, "AppArmor profiles"),
            ("selinuxLabel", configuration.process?.selinuxLabel, "SELinux labels"),
        ]
        for (field, value, what) in labels {
            guard let value, value != "unconfined" else { continue }
            throw Failure("process.\(field) is \"\(value)\": Berth does not do \(what); remove it")
        }
        try checkCopies(configuration, root: bundle.rootDirectory)
        try checkNamespaces(configuration.linux)
    }

    /// `tmpcopyup` says to fill a tmpfs with what it covers: done where that is nothing, refused elsewhere.
    private static func checkCopies(_ configuration: RuntimeConfiguration, root: String) throws(Failure) {
        for (index, mount) in configuration.mounts.enumerated() where mount.options.copiesUp {
            let flags = O_RDONLY | O_DIRECTORY | O_NONBLOCK
            guard let top = try? OwnedDescriptor.open(root, flags: flags),
                let covered = try? OwnedDescriptor.open(
                    mount.destination, at: top, flags: flags, resolve: Resolve.inRoot),
                let names = try? covered.entryNames(mount.destination), !names.isEmpty
            else { continue }
            throw Failure(
                "mounts[\(index)].options is \"tmpcopyup\": Berth does not copy what \(mount.destination) holds into a "
                    + "tmpfs; remove the option, or empty the directory in the image")
        }
    }

    private static func checkNamespaces(_ linux: RuntimeLinux) throws(Failure) {
        for namespace in linux.namespaces {
            guard let path = namespace.path else { continue }
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw Failure("linux.namespaces: \(LinuxError("open", path, errno: .current))")
            }
            defer { close(file) }
            // NS_GET_NSTYPE of linux/nsfs.h: a file of another kind would be entered as something else.
            guard Kernel.namespaceType(of: file) == namespace.kind.flag else {
                throw Failure(
                    "linux.namespaces: \(path) is no \(namespace.kind.rawValue) namespace; name a file such as "
                        + "/proc/PID/ns/\(namespace.kind.file)")
            }
        }
        guard let user = linux.namespace(.user), user.path == nil else { return }
        if linux.uidMappings.hostID(of: 0) == nil || linux.gidMappings.hostID(of: 0) == nil {
            throw Failure("linux.uidMappings and gidMappings must map container id 0; add it")
        }
        guard geteuid() != 0 else { return }
        let isOwn =
            linux.uidMappings == [RuntimeIDMapping(containerID: 0, hostID: geteuid(), size: 1)]
            && linux.gidMappings == [RuntimeIDMapping(containerID: 0, hostID: getegid(), size: 1)]
        if !isOwn {
            throw Failure(
                "linux.uidMappings: without privileges only one's own id can be mapped; write containerID 0, hostID "
                    + "\(geteuid()) (gid \(getegid())), size 1")
        }
    }

    /// The permitted set of this process (proc(5)).
    private static func heldCapabilities() -> UInt64 {
        guard let status = try? SmallFile.read("/proc/self/status") else { return 0 }
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapPrm:") }
        return line.flatMap { UInt64($0.dropFirst(7).drop { $0 == "\t" || $0 == " " }, radix: 16) } ?? 0
    }
}

extension CustomSeccompPolicy {
    /// The document's policy in libseccomp's words.
    init(_ policy: RuntimeSeccomp) {
        self.init(
            defaultAction: Action(policy.defaultAction),
            architectures: policy.architectures.map { $0.rawValue.dropFirst("SCMP_ARCH_".count).lowercased() },
            rules: policy.rules.map { rule in
                Rule(
                    Action(rule.action), rule.names,
                    where: rule.tests.map { Test($0.index, Comparison($0.comparison), $0.value, $0.second) })
            })
    }
}

extension CustomSeccompPolicy.Action {
    fileprivate init(_ action: RuntimeSeccomp.Action) {
        switch action {
        case .killThread: self = .killThread
        case .killProcess: self = .killProcess
        case .trap: self = .trap
        case .fail(let errno): self = .fail(errno: errno)
        case .trace(let message): self = .trace(message)
        case .log: self = .log
        case .allow: self = .allow
        }
    }
}

extension CustomSeccompPolicy.Comparison {
    fileprivate init(_ comparison: RuntimeSeccomp.Test.Comparison) {
        switch comparison {
        case .notEqual: self = .notEqual
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .equal: self = .equal
        case .greaterOrEqual: self = .greaterOrEqual
        case .greater: self = .greater
        case .maskedEqual: self = .maskedEqual
        }
    }
}
