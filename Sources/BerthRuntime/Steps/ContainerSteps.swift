import BerthConfinement
import BerthLaunch
import BerthOCI

/// The steps of a container's first process, from its configuration: what `berth_plan.h` calls operations.
struct ContainerSteps {
    var configuration: RuntimeConfiguration
    var surroundings: Surroundings

    var linux: RuntimeLinux { configuration.linux }

    /// Whether the container has a user namespace that is not the command's own.
    var hasUserNamespace: Bool { linux.namespace(.user) != nil }

    /// All of them in order; the program's own come last.
    func all() throws(SpecError) -> [Operation] {
        let binds = Binds(self)
        var steps = binds.sharedSources
        steps.append(root)
        steps += binds.earlySources
        steps.append(.becomeRoot(keepingGroups: !mayChangeGroups))
        steps += try mounts(binds)
        steps += devices(binds)
        steps += try linux.sysctl.map { (setting) throws(SpecError) in
            .systemControl(SystemControl(name: setting.name, value: setting.value))
        }
        if !linux.readonlyPaths.isEmpty { steps.append(.readOnly(linux.readonlyPaths)) }
        if !linux.maskedPaths.isEmpty { steps.append(.mask(linux.maskedPaths)) }
        steps += hooks(.createContainer)
        if let process = configuration.process, process.terminal {
            steps.append(.terminal(process.consoleSize.map(WindowSize.init), console: true))
        }
        steps.append(hasMountNamespace ? .pivot : .changeRoot)
        if let change = linux.rootfsPropagation, let kind = Propagation(rawValue: change.propagation.rawValue) {
            steps.append(.propagation(kind, recursive: change.extent == .recursive))
        }
        if let name = configuration.hostname { steps.append(.hostname(name)) }
        if let name = configuration.domainname { steps.append(.domainname(name)) }
        if linux.namespaces.contains(RuntimeNamespace(.network)) { steps.append(.loopback) }
        return steps + program()
    }

    /// A user without privileges may map a group only after it has given up to change its groups (user_namespaces(7)).
    var mayChangeGroups: Bool { surroundings.isPrivileged || !hasUserNamespace }

    private var hasMountNamespace: Bool { linux.namespace(.mount) != nil }

    /// What the host mounts later must not appear inside, nor the other way round; what a bind shares on purpose was
    /// opened before.
    private var root: Operation {
        .root(
            at: surroundings.root, source: surroundings.root, propagation: .slave,
            cgroupNamespace: linux.namespaces.contains(RuntimeNamespace(.cgroup)), mountNamespace: hasMountNamespace)
    }

    func hooks(_ step: RuntimeHooks.Step) -> [Operation] {
        configuration.hooks[step].map { hook in
            .hook(hook.path, arguments: hook.arguments, environment: hook.environment, seconds: hook.timeout)
        }
    }
}

extension WindowSize {
    init(_ size: ConsoleSize) { self.init(rows: size.rows, columns: size.columns) }
}
