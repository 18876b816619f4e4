import BerthLaunch
import BerthOCI

extension ContainerSteps {
    /// Devices that every container has, and those of the configuration, which win at the same path; so does the last
    /// of them.
    var allDevices: [RuntimeDevice] {
        let all = (makesDevices ? RuntimeDevice.standard : []) + linux.devices
        var seen: Set<String> = []
        return all.reversed().filter { seen.insert($0.path).inserted }.reversed()
    }

    /// A `/dev` that is bound from outside has what it should have.
    private var makesDevices: Bool {
        !configuration.mounts.contains { mount in
            Self.normalized(mount.destination) == "dev" && mount.options.bind != nil
        }
    }

    /// Nodes, or binds of the host's, then the links that every container has.
    func devices(_ binds: Binds) -> [Operation] {
        var steps: [Operation] = allDevices.map { device in
            let path = String(device.path.drop { $0 == "/" })
            if let number = binds.deviceNumbers[device.path] {
                return .bind(number, at: path, set: [], clear: [], propagation: .private)
            }
            return .device(
                path, mode: device.kind.mode | device.fileMode, major: device.major, minor: device.minor,
                uid: device.uid, gid: device.gid)
        }
        if makesDevices { steps += Self.links.map { .link($0.path, to: $0.target) } }
        return steps
    }

    /// config-linux.md, "Dev symbolic links"; `ptmx` leads to the container's own terminals.
    private static let links: [(path: String, target: String)] = [
        ("dev/fd", "/proc/self/fd"), ("dev/stdin", "/proc/self/fd/0"), ("dev/stdout", "/proc/self/fd/1"),
        ("dev/stderr", "/proc/self/fd/2"), ("dev/core", "/proc/kcore"), ("dev/ptmx", "pts/ptmx"),
    ]
}
