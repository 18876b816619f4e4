import BerthLinux

extension Lull {
    /// When a network's thread fills the pool, and takes away what ended tasks had.
    ///
    /// Longer than a task takes from its network to its end that ends at once: of tasks that follow one another none is hit then,
    /// but for the few that find the pool nearly used up.
    static var ofNetwork: Lull { Lull(after: .milliseconds(25)) }
}
