/// What a task reserves, is limited to, and pays for.
public struct TaskSize: Codable, Hashable, Sendable {
    /// 1024 units are one vCPU.
    public var cpuUnits: Int
    public var memoryMiB: Int

    public init(cpuUnits: Int, memoryMiB: Int) {
        self.cpuUnits = cpuUnits
        self.memoryMiB = memoryMiB
    }

    /// What AWS takes as a task's CPU outside Fargate (API reference, RegisterTaskDefinition, `cpu`).
    static let hostCPUUnits = 128...196_608

    /// MiB of a task or a container. Docker starts none with less than 6 (Amazon ECS API reference,
    /// `ContainerDefinition.memory`); the API's integers have 32 bits.
    static let memoryMiB = 6...Int(Int32.max)

    /// The least a task gets that names no CPU of its own: Fargate's smallest size. Outside Fargate the containers'
    /// `cpu` is only a weight on AWS and often 0 or 10, which would be no usable limit.
    static let leastImpliedCPUUnits = 256
}
