import BerthOCI
import BerthUnpack

/// One request to a registry that failed, before it is decided whether to try again.
struct RegistryFault: Error, Sendable {
    var code: ImageError.Code
    /// Names the host, the cause, and what to do if anything.
    var message: String
    /// Whether another try may succeed.
    var isTransient = false
    /// How many tries it is worth at most; nil for as many as any other.
    var attempts: Int?
    /// How long the registry asks to wait.
    var retryAfter: Duration?

    init(_ code: ImageError.Code, _ message: String, isTransient: Bool = false, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.isTransient = isTransient
        self.retryAfter = retryAfter
    }

    init(_ error: ImageError) { self.init(error.code, error.message) }

    /// Who asked gave up.
    static let cancelled = RegistryFault(.cancelled, "the pull was given up")

    /// As what the user is told, after `attempts` tries.
    func error(attempts: Int) -> ImageError {
        var text = message
        if isTransient, attempts > 1 { text += ", after \(attempts) tries" }
        if let retryAfter, isTransient { text += "; it asks to wait \(retryAfter.components.seconds) s" }
        return ImageError(code, text)
    }
}

extension ImageError.Code {
    /// The registry wants other credentials, or any.
    public static let unauthorized = Self(rawValue: "unauthorized")
    /// The registry cannot be reached, or cannot answer now.
    public static let unreachable = Self(rawValue: "unreachable")
    /// The registry has had too many requests.
    public static let throttled = Self(rawValue: "throttled")
    /// The registry answered with what no registry may.
    public static let badResponse = Self(rawValue: "badResponse")
}
