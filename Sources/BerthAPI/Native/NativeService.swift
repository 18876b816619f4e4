import BerthEngine
import BerthModel
import Hummingbird

/// Berth's own routes under `/berth/v1`: what AWS's services have no operation for.
struct NativeService: Sendable {
    /// The service's name in a credential scope.
    static let name = "berth"
    static let prefix = "/berth/v1/"

    let engine: Engine
    let permissions: RolePermissions

    /// The operation behind a method and path; nil when there is none.
    ///
    /// - Parameter path: as on the wire: a task may be named by its ARN and an image by its
    ///   reference, whose slashes arrive as `%2F`.
    func operation(_ method: HTTPRequest.Method, _ path: Substring) -> NativeOperation? {
        let segments = path.dropFirst(Self.prefix.count).utf8
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(decoding: PercentEncoding.decode($0, form: false), as: UTF8.self) }
        let (engine, permissions) = (engine, permissions)
        switch (method, segments.count, segments.first, segments.last) {
        case (.get, 1, "tasks", _): return { try await $0.findTasks(engine) }
        case (.get, 3, "tasks", "follow"): return { try await $0.follow(segments[1], engine) }
        case (.get, 3, "tasks", "output"): return { try await $0.output(of: segments[1], engine) }
        case (.get, 1, "network", _): return { try await $0.network(engine) }
        case (.get, 1, "bill", _): return { try await $0.bill(engine) }
        case (.get, 1, "images", _): return { try await $0.listImages(engine) }
        case (.post, 2, "images", "pull"): return { try await $0.pullImage(engine) }
        case (.post, 1, "images", _): return { try await $0.importImage(engine) }
        case (.get, 1, "image-disk-use", _): return { try await $0.imageDiskUse(engine) }
        case (.post, 2, "images", "prune"): return { try await $0.pruneImages(engine) }
        case (.get, 2, "images", _): return { try await $0.inspectImage(segments[1], engine) }
        case (.delete, 2, "images", _): return { try await $0.removeImage(segments[1], engine) }
        case (.get, 3, "images", "archive"): return { try await $0.saveImage(segments[1], engine) }
        case (.post, 1, "exec", _): return { try await $0.openExec(engine, permissions) }
        case (.get, 2, "exec", _): return { try $0.refuseExecStream() }
        default: return nil
        }
    }
}

/// Finds the operation behind a method and path.
typealias NativeRoute = @Sendable (HTTPRequest.Method, Substring) -> NativeOperation?

typealias NativeOperation = @Sendable (NativeCall) async throws -> Response

/// A call of one of Berth's own routes.
struct NativeCall: Sendable {
    var request: Request
    var query: QueryString
    var body: ByteBuffer
    var caller: Caller
    var requestId: String

    func reply(_ value: some Encodable) throws -> Response {
        WireStyle.rest.reply(try WireJSON.encode(value), requestId: requestId)
    }
}
