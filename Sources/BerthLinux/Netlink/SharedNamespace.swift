/// A network namespace with several owners, and the sysfs that shows it.
public struct SharedNamespace: Sendable {
    /// The namespace: it lives as long as this, or a process in it.
    public let network: SharedDescriptor
    /// See ``DetachedMount/sysfs()``; it keeps no namespace alive. Whoever attaches it is the last who can.
    public let sysfs: SharedDescriptor

    public init(network: SharedDescriptor, sysfs: SharedDescriptor) {
        self.network = network
        self.sysfs = sysfs
    }

    /// The one that the calling thread is in, with descriptors that are ``OwnedDescriptor/outOfTheWay()``.
    public static func current() throws(LinuxError) -> SharedNamespace {
        SharedNamespace(
            network: SharedDescriptor(try NetworkNamespace.current().outOfTheWay()),
            sysfs: SharedDescriptor(try DetachedMount.sysfs().outOfTheWay()))
    }
}
