import BerthEngine
import BerthImages
import BerthModel

/// `POST /berth/v1/images/pull`: pulls an image; the answer is a ``PullLine`` for each step.
public struct PullImageRequest: Codable, Equatable, Sendable {
    /// What opens the image's registry, for this pull only.
    public struct Credentials: Codable, Equatable, Sendable {
        /// May be empty beside an identity token.
        public var username: String
        public var password: String
        /// What `docker login` keeps instead of a password for some registries.
        public var identityToken: String?

        /// For the command line, from what it found for the registry.
        public init(_ credentials: RegistryCredentials) {
            username = credentials.username
            password = credentials.password
            identityToken = credentials.identityToken
        }

        var value: RegistryCredentials {
            RegistryCredentials(username: username, password: password, identityToken: identityToken)
        }
    }

    /// As users write it, for example `busybox` or `registry.example.com/etl:1`.
    public var reference: String
    /// Nil is the daemon's own.
    public var policy: PullPolicy?
    /// Nil for the daemon's own.
    public var credentials: Credentials?

    public init(reference: String, policy: PullPolicy?, credentials: Credentials?) {
        self.reference = reference
        self.policy = policy
        self.credentials = credentials
    }
}

/// One line of the answer to ``PullImageRequest``; one of its members is there.
public struct PullLine: Codable, Equatable, Sendable {
    /// How far a layer is.
    public struct Layer: Codable, Equatable, Sendable {
        /// The compressed layer's, `sha256:…`.
        public var digest: String
        /// Compressed bytes of the whole.
        public var size: Int64
        /// Compressed bytes that are here.
        public var received: Int64
        public var step: PullProgress.Step
    }

    /// Why it failed; the last line then.
    public struct Failure: Codable, Equatable, Sendable {
        /// The code that a refused call would have (``ErrorBody``).
        public var type: String
        public var message: String
    }

    /// One that has gone a step further or has more of its bytes.
    public var layer: Layer?
    /// The last line, if all went well.
    public var image: ImageSummary?
    public var error: Failure?

    init(_ event: PullEvent) {
        switch event {
        case .layer(let progress):
            layer = Layer(
                digest: "\(progress.digest)", size: progress.size, received: progress.received, step: progress.step)
        case .image(let summary): image = summary
        case .failed(let refusal): error = Failure(type: refusal.code, message: refusal.message)
        }
    }
}
