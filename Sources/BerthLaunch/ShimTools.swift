import BerthLinux

/// What spawning and watching shims takes.
struct ShimTools: Sendable {
    /// The shim's executable, sealed: an upgrade on disk touches no running daemon, a container can overwrite nothing.
    let shim: SharedDescriptor
    let poller: Poller
    /// Of shims that are children of this process. An adopted one is another's child.
    let reaper: Reaper

    init(shim: SharedDescriptor, poller: Poller) {
        self.shim = shim
        self.poller = poller
        reaper = Reaper(poller: poller)
    }
}
