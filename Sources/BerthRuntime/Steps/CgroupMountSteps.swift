import BerthLaunch
import BerthOCI

extension ContainerSteps {
    private var hasCgroupNamespace: Bool { linux.namespace(.cgroup) != nil }

    /// The host's cgroup directories that are bound, for a container that has no cgroup namespace to mount its own from.
    var boundCgroups: [Binds.CgroupPlace] {
        guard !hasCgroupNamespace, let cgroup = surroundings.cgroup else { return [] }
        let legacy = surroundings.hierarchies.map { $0.mount + cgroup }
        let directories = surroundings.hierarchies.isEmpty ? [surroundings.unified + cgroup] : legacy
        return configuration.mounts.indices.filter { ["cgroup", "cgroup2"].contains(configuration.mounts[$0].type) }
            .flatMap { mount in directories.map { Binds.CgroupPlace(mount: mount, directory: $0) } }
    }

    /// A mount of type cgroup: on a unified host v2, else a directory with every v1 hierarchy in it, each as far as it is
    /// the container's.
    ///
    /// - Parameter index: its place in the configuration.
    func cgroupMounts(_ mount: RuntimeMount, at index: Int, _ binds: Binds) -> [Operation] {
        let target = Self.target(mount)
        if surroundings.hierarchies.isEmpty || mount.type == "cgroup2" {
            let directory = surroundings.unified + (surroundings.cgroup ?? "")
            if !hasCgroupNamespace, let number = binds.cgroupNumbers[.init(mount: index, directory: directory)] {
                return bind(mount, number)
            }
            return [fileSystem(mount, type: "cgroup2", options: [])]
        }
        var steps = [
            Operation.mount(
                "tmpfs", at: target, .inert, options: ["mode", "755", "size", "64k"], following: .links)
        ]
        for hierarchy in surroundings.hierarchies {
            let name = hierarchy.mount.split(separator: "/").last.map(String.init) ?? ""
            let place = "\(target)/\(name)"
            if let cgroup = surroundings.cgroup,
                let number = binds.cgroupNumbers[.init(mount: index, directory: hierarchy.mount + cgroup)]
            {
                steps += bind(mount, number, at: place)
            } else {
                let options = hierarchy.controllers.flatMap { controller -> [String] in
                    let parts = controller.split(separator: "=", maxSplits: 1)
                    // A hierarchy by name has no controller, which must be said.
                    return parts.count == 2 ? ["none", "", "name", String(parts[1])] : [controller, ""]
                }
                steps.append(fileSystem(mount, type: "cgroup", at: place, options: options))
            }
            for controller in hierarchy.controllers where controller != name && !controller.contains("=") {
                steps.append(.link("\(target)/\(controller)", to: name))
            }
        }
        if mount.options.attributes.sets & RuntimeMountAttributes.Bit.readOnly != 0 {
            steps.append(
                .change(target, set: .readOnly, clear: [], propagation: nil, recursive: false))
        }
        return steps
    }
}
