import BerthImages
import BerthModel

/// What happens in a pull that a user asked for.
public enum PullEvent: Sendable {
    case layer(PullProgress)
    /// The end: the image, ready to run.
    case image(ImageSummary)
    /// The end: why there is none.
    case failed(ServiceError)
}

extension Engine {
    /// Pulls an image; it goes on as long as somebody reads what is returned.
    ///
    /// - Parameters:
    ///   - policy: nil is the operator's, for tasks; who asks for an image by hand mostly means `always`.
    ///   - credentials: for the image's registry; nil for the operator's.
    public func pullImage(
        _ reference: String, policy: PullPolicy?, credentials: RegistryCredentials?
    ) -> AsyncStream<PullEvent> {
        AsyncStream { continuation in
            let task = Task { [images, policy = policy ?? configuration.pullPolicy] in
                do throws(ImageError) {
                    let image = try await images.pull(reference, policy: policy, credentials: credentials) {
                        continuation.yield(.layer($0))
                    }
                    continuation.yield(.image(ImageSummary(image)))
                } catch {
                    continuation.yield(.failed(ServiceError(error)))
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
