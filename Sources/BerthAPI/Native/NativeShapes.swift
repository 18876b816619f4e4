import BerthModel
import Foundation

// The bodies of Berth's own routes under /berth/v1, for the daemon that writes them and the command line that reads
// them. Both sides use ``WireJSON``'s coders. Errors have the shape of ``ErrorBody``.

/// `GET /berth/v1/tasks?prefix=`: the newest 1,000 tasks whose ARN or id begins so, newest first.
/// `GET /berth/v1/tasks?running=1`: all tasks that have not stopped, newest first.
public struct TasksFound: Codable, Equatable, Sendable {
    public var tasks: [ECSTask]
    public init(tasks: [ECSTask]) { self.tasks = tasks }
}

/// One line of `GET /berth/v1/tasks/{id}/output`: a piece of what a container printed.
public struct OutputLine: Codable, Equatable, Sendable {
    /// `stdout` or `stderr`.
    public enum Stream: String, Codable, Sendable { case stdout, stderr }

    /// Its name.
    public var container: String
    public var stream: Stream
    /// Milliseconds since 1970.
    public var timestamp: Int64
    /// Base64 in JSON: a container may print anything.
    public var bytes: Data

    public init(_ output: TaskOutput) {
        container = output.container
        stream = output.stream == .stdout ? .stdout : .stderr
        timestamp = output.timestamp
        bytes = Data(output.bytes)
    }
}

/// `GET /berth/v1/bill?task=&nextToken=`: newest first; without `task` a page of all tasks.
public struct BillReply: Codable, Equatable, Sendable {
    public var bills: [TaskBill]
    /// What to ask for the next page with; nil on the last.
    public var nextToken: String?

    /// What the daemon answers.
    public init(bills: [TaskBill], nextToken: String? = nil) {
        self.bills = bills
        self.nextToken = nextToken
    }
}

/// `GET /berth/v1/images`, and what `POST /berth/v1/images` imported.
public struct ImagesReply: Codable, Equatable, Sendable {
    public var images: [ImageSummary]
    public init(images: [ImageSummary]) { self.images = images }
}

/// `POST /berth/v1/images`: imports an archive or layout directory at a path of the daemon's host. Unix socket only.
public struct ImportImageRequest: Codable, Equatable, Sendable {
    /// Absolute.
    public var path: String
    /// The name to give it; nil keeps the names in the archive.
    public var tag: String?
    public init(path: String, tag: String?) {
        self.path = path
        self.tag = tag
    }
}

// `GET /berth/v1/images/{reference}` answers an `ImageDetails`, `DELETE` of it an `ImageRemoved`,
// `GET /berth/v1/images/{reference}/archive` the bytes of an oci-archive, `GET /berth/v1/image-disk-use` an
// `ImageDiskUse`.

/// `POST /berth/v1/images/prune`, which answers an `ImagesPruned`.
public struct PruneImagesRequest: Codable, Equatable, Sendable {
    /// Every image that no task runs on, not only those without a tag.
    public var all: Bool
    public init(all: Bool) { self.all = all }
}
