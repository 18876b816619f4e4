import BerthModel
import BerthOCI

/// What the engine needs of the image store; tests put directories of their own in its place.
public protocol TaskImages: Sendable {
    /// The image of a name as users write it. It blocks for a moment at most: nothing is fetched.
    func image(named name: String) throws -> TaskImage?
    func importImage(path: String, tag: String?) async throws -> [ImageSummary]
    func images() async throws -> [ImageSummary]
}

/// An image that is unpacked and ready to run.
public struct TaskImage: Equatable, Sendable {
    /// The manifest's, `sha256:…`.
    public var digest: String
    /// Layer directories, lowest first.
    public var layers: [String]
    /// Their common parent.
    public var layersRoot: String
    public var execution: ImageConfiguration.Execution

    public init(digest: String, layers: [String], layersRoot: String, execution: ImageConfiguration.Execution) {
        self.digest = digest
        self.layers = layers
        self.layersRoot = layersRoot
        self.execution = execution
    }
}
