import BerthModel

/// Options of a container in one line each.
enum Options {
    static func tmpfs(_ path: String?, _ options: String..., size: Int? = 1) -> Tmpfs {
        var mount = Tmpfs()
        mount.containerPath = path
        mount.size = size
        mount.mountOptions = options
        return mount
    }

    static func ulimit(_ name: String, _ soft: Int?, _ hard: Int?) -> Ulimit {
        var limit = Ulimit()
        limit.name = name
        limit.softLimit = soft
        limit.hardLimit = hard
        return limit
    }

    static func control(_ name: String?, _ value: String?) -> SystemControl {
        var control = SystemControl()
        control.namespace = name
        control.value = value
        return control
    }

    static func mount(_ volume: String, _ path: String) -> MountPoint {
        var mount = MountPoint()
        mount.sourceVolume = volume
        mount.containerPath = path
        return mount
    }
}

extension ContainerDefinition {
    /// Its `linuxParameters`, made on demand.
    var parameters: LinuxParameters {
        get { linuxParameters ?? LinuxParameters() }
        set { linuxParameters = newValue }
    }

    var adds: [String] {
        get { parameters.capabilities?.add ?? [] }
        set {
            var capabilities = parameters.capabilities ?? KernelCapabilities()
            capabilities.add = newValue
            parameters.capabilities = capabilities
        }
    }

    var drops: [String] {
        get { parameters.capabilities?.drop ?? [] }
        set {
            var capabilities = parameters.capabilities ?? KernelCapabilities()
            capabilities.drop = newValue
            parameters.capabilities = capabilities
        }
    }
}
