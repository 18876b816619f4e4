import BerthConfinement
import BerthLaunch
import BerthOCI

extension ContainerSteps {
    /// From the container's root to its program.
    func program() -> [Operation] {
        guard let process = configuration.process else { return [] }
        var steps: [Operation] = [.standardDescriptors, .directory(process.workingDirectory)]
        if configuration.root.isReadOnly { steps.append(.readOnlyRoot) }
        if let personality = linux.personality { steps.append(.personality(UInt64(personality.domain.number))) }
        let own = ProcessSteps(process: process, steps: self)
        steps += own.beforePrivileges
        // A filter comes last: the steps before need calls that it may refuse. But without no_new_privs the kernel takes it
        // only from who holds CAP_SYS_ADMIN, so then it comes before privileges are given up.
        if process.noNewPrivileges || surroundings.seccomp == nil {
            steps += own.privileges + gate + hooks(.startContainer) + own.filter
        } else {
            steps += gate + hooks(.startContainer) + own.filter + own.privileges
        }
        return steps + [own.execute]
    }

    private var gate: [Operation] { surroundings.waitsForStart ? [.gate] : [] }
}

/// The steps that turn the container's root into a program's process: the same for its own program and for one that enters
/// it.
struct ProcessSteps {
    var process: RuntimeProcess
    var steps: ContainerSteps

    /// The steps of a program that enters a running container.
    var entering: [Operation] {
        var all: [Operation] = [.becomeRoot(keepingGroups: !steps.mayChangeGroups)]
        if process.terminal { all.append(.terminal(process.consoleSize.map(WindowSize.init), console: false)) }
        all += [.standardDescriptors, .directory(process.workingDirectory)]
        all += beforePrivileges
        all += process.noNewPrivileges ? privileges + filter : filter + privileges
        return all + [execute]
    }

    var beforePrivileges: [Operation] {
        var all = process.limits.compactMap { limit in
            ResourceLimit.Resource(rawValue: limit.resource.number).map { resource in
                Operation.limit(ResourceLimit(resource, soft: limit.soft, hard: limit.hard), lenient: false)
            }
        }
        if let priority = process.ioPriority { all.append(.ioPriority(UInt64(priority.number))) }
        all.append(.umask(process.user.umask ?? 0o022))
        return all
    }

    var privileges: [Operation] {
        let sets = capabilities
        var all: [Operation] = [
            .bounding(sets.bounding),
            .user(
                uid: process.user.uid, gid: process.user.gid,
                additionalGids: steps.mayChangeGroups ? process.user.additionalGids : nil),
            .capabilities(
                effective: sets.effective, permitted: sets.permitted, inheritable: sets.inheritable,
                ambient: sets.ambient),
        ]
        if process.noNewPrivileges { all.append(.noNewPrivileges) }
        return all
    }

    var filter: [Operation] {
        guard let program = steps.surroundings.seccomp else { return [] }
        let flags = steps.linux.seccomp?.flags.reduce(0) { $0 | $1.bit } ?? 0
        return [.seccomp(program, flags: flags)]
    }

    var execute: Operation {
        var environment = process.environment
        if !environment.contains(where: { $0.hasPrefix("HOME=") }) {
            environment.append("HOME=\(steps.surroundings.home)")
        }
        return .execute(process.arguments, environment: environment)
    }

    /// The five sets, as far as the command holds what they name: a capability that cannot be granted is no error, by the
    /// specification. The caller warns of it.
    var capabilities: CapabilitySets {
        let held = steps.hasUserNamespace ? CapabilitySet.all.bits : steps.surroundings.capabilities
        return CapabilitySets(process.capabilities ?? ProcessCapabilities(), within: CapabilitySet(bits: held))
    }
}

/// The capability sets of a process, such as the kernel takes them (capabilities(7)).
struct CapabilitySets: Equatable {
    var bounding: CapabilitySet
    var effective: CapabilitySet
    var inheritable: CapabilitySet
    var permitted: CapabilitySet
    var ambient: CapabilitySet
    /// What was asked for and cannot be: names that no kernel knows, and capabilities that the command lacks.
    var refused: [String] = []

    init(_ names: ProcessCapabilities, within held: CapabilitySet) {
        var unknown: [String] = []
        func set(_ names: [String]) -> CapabilitySet {
            var set: CapabilitySet = []
            for name in names {
                if let capability = try? Capability(name: name) {
                    set.insert(capability)
                } else {
                    unknown.append(name)
                }
            }
            return set
        }
        let asked = set(names.permitted)
        bounding = set(names.bounding)
        permitted = asked.intersection(held)
        effective = set(names.effective).intersection(permitted)
        inheritable = set(names.inheritable).intersection(held)
        ambient = set(names.ambient).intersection(permitted).intersection(inheritable)
        refused = unknown + asked.subtracting(held).members.map { "CAP_\($0.name)" }
    }
}
