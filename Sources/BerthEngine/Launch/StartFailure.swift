/// Why a task could not be started.
enum StartFailure: Error, Equatable {
    /// It was asked to stop before it was launched.
    case stopped
    /// The daemon ends before the images are here; the next one goes on.
    case postponed
    /// A container's fault, or the host's when `container` is nil.
    case failed(container: Int?, reason: String)

    static func cannotPull(_ container: Int, _ text: String) -> StartFailure {
        .failed(container: container, reason: "CannotPullContainerError: \(text)")
    }
    static func cannotStart(_ container: Int, _ text: String) -> StartFailure {
        .failed(container: container, reason: "CannotStartContainerError: \(text)")
    }
    static func resource(_ text: String) -> StartFailure {
        .failed(container: nil, reason: "ResourceInitializationError: \(text)")
    }
}
