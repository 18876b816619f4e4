import BerthOCI
import BerthUnpack

/// Why the registry inside refused or could not do something.
///
/// Two protocols word it: the distribution API and ECR's. So it holds the facts, and ``description`` says them plainly.
public enum RepositoryError: Error, Equatable, Sendable, CustomStringConvertible {
    case repositoryUnknown(RepositoryName)
    case repositoryExists(RepositoryName)
    /// It still holds manifests.
    case repositoryNotEmpty(RepositoryName)
    case blobUnknown(Digest)
    /// A manifest of the repository needs the blob.
    case blobInUse(Digest)
    /// The bytes of an upload or a manifest hash to something else; the text says to what.
    case digestMismatch(String)
    case uploadUnknown(String)
    /// Another request writes to the same upload.
    case uploadBusy(String)
    /// A chunk that does not begin where the upload ends.
    case outOfOrder(length: Int64)
    case manifestUnknown(ManifestReference, RepositoryName)
    /// Not a document that the registry takes; the text says what is wrong with it.
    case manifestInvalid(String)
    /// The manifest names blobs or manifests that the repository has not.
    case manifestIncomplete(blobs: [Digest], manifests: [Digest])
    /// An index of the repository lists the manifest.
    case manifestInUse(Digest, indexes: [Digest])
    case tagImmutable(String, RepositoryName)
    /// The store failed, or its disk is full.
    case storage(ImageError)

    public var description: String {
        switch self {
        case .repositoryUnknown(let name):
            "there is no repository \(name); create it with: aws ecr create-repository --repository-name \(name)"
        case .repositoryExists(let name): "there is a repository \(name) already"
        case .repositoryNotEmpty(let name): "the repository \(name) still holds images; delete them, or use force"
        case .blobUnknown(let digest): "there is no blob \(digest) in this repository"
        case .blobInUse(let digest): "a manifest of this repository needs the blob \(digest); delete the manifest first"
        case .digestMismatch(let cause): "\(cause); it was damaged on the way: push again"
        case .uploadUnknown(let id):
            "there is no upload \(Printable.text(id)); it ended or was idle too long: push again"
        case .uploadBusy(let id): "another request writes to upload \(Printable.text(id))"
        case .outOfOrder(let length): "the next byte of this upload is number \(length)"
        case .manifestUnknown(let reference, let name): "the repository \(name) has no image \(reference)"
        case .manifestInvalid(let cause): cause
        case .manifestIncomplete(let blobs, let manifests):
            "the repository has not \((blobs + manifests).map(\.description).joined(separator: ", ")), which the manifest names; push them first"
        case .manifestInUse(let digest, let indexes):
            "\(digest) is listed by \(indexes.map(\.description).joined(separator: ", ")); delete that first"
        case .tagImmutable(let tag, let name):
            "The image tag '\(tag)' already exists in the '\(name)' repository and cannot be overwritten because the tag is immutable."
        case .storage(let error): error.description
        }
    }
}
