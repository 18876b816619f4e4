import BerthModel
import BerthNetwork

extension Engine {
    /// Nil where tasks have no network.
    var networkFacts: NetworkFacts? { nil }

    /// What crossed a task's link so far; nil without one.
    func networkUsage(of task: LiveTask) async -> NetworkUsage? { nil }
}
