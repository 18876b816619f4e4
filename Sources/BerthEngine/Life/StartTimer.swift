import BerthLaunch
import BerthModel

extension LiveTask {
    /// Waits for the end of a container's `startTimeout`; nil when nobody waits for the container's own end.
    ///
    /// It counts from the container's start, so that a daemon that was away meanwhile comes to the same end.
    func startTimer(of container: Int, started: Timestamp) -> Task<Void, Never>? {
        guard settings.containers.indices.contains(container), let seconds = settings.containers[container].startTimeout
        else { return nil }
        let name = settings.containers[container].name
        let isAwaited = settings.containers.contains { other in
            other.dependsOn.contains { $0.containerName == name && $0.condition != "START" }
        }
        guard isAwaited else { return nil }
        let passed = Timestamp.now().boottime &- started.boottime
        let left = Duration.seconds(seconds) - .nanoseconds(Int64(clamping: passed))
        return Task {
            do { try await Task.sleep(for: max(.zero, left)) } catch { return }
            startTimeoutOver(container, seconds: seconds)
        }
    }
}
