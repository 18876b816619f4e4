/// When a registry is asked for an image.
public enum PullPolicy: String, CaseIterable, Codable, Sendable {
    /// Each time, so that a tag means what it means there now. What is here already is not fetched again.
    case always
    /// When no image of that name is here.
    case missing
    /// Not at all.
    case never
}
