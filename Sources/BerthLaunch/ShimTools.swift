import BerthLinux

/// What spawning and watching shims takes.
struct ShimTools: Sendable {
    let shims: Shims
    let poller: Poller
}
