import BerthConfinement
import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import Synchronization
import SystemPackage
import Testing

@testable import BerthImages

/// A workspace to unpack one layer in, without a store.
final class UnpackFixture: Sendable {
    let directory: TemporaryDirectory
    let workspace: Workspace
    /// A file in the workspace, by which a process is known that has it as its root.
    private let marker = "marker-\(UInt64.random(in: .min ... .max))"

    init() throws {
        directory = try TemporaryDirectory()
        workspace = try Workspace(
            staging: SharedDescriptor(try OwnedDescriptor.open(directory.path, flags: O_RDONLY | O_DIRECTORY)))
        _ = try workspace.file(marker)
        let name = try #require(try names(directory.path).first)
        tree = "\(directory.path)/\(name)/\(UnpackRequest.treeName)"
    }

    deinit { workspace.remove() }

    /// Runs the program that pretends to be a `berth-unpack` taken over; returns the errno of its attempt.
    func attempt(_ what: String, limits: LayerLimits = LayerLimits()) throws -> Errno {
        let region = Region(file: try file([1, 2, 3]), offset: 0, length: 3, name: what)
        let layer = PendingLayer(diffID: try Documents.digest(of: []), blobDigest: nil, region: region)
        let summary = try Unpacker(path: try Self.built("intruder")).unpack(
            layer, limits: limits, in: workspace, cancellation: Cancellation())
        return Errno(rawValue: Int32(summary.entries))
    }

    /// Where the layer's files appear.
    let tree: String

    /// Unpacks what a download brings, on a thread of its own.
    func start(
        _ blob: GrowingBlob, tar: [UInt8] = [], cancellation: Cancellation = Cancellation(), program: String? = nil
    ) throws -> Started<LayerExtractor.Summary> {
        let layer = PendingLayer(
            diffID: try Documents.digest(of: tar), blobDigest: nil, content: .growing(blob))
        return try Started { () throws(ImageError) in
            try Unpacker(path: program).unpack(
                layer, limits: LayerLimits(), in: self.workspace, cancellation: cancellation)
        }
    }

    /// What the daemon gives the process to load.
    static func filter() throws(ImageError) -> [UInt8] {
        do { return try SeccompCompiler().program(for: .unpacker, capabilities: .unpacker).instructions } catch {
            throw ImageError(.storage, "\(error)")
        }
    }

    /// A program that this build made, beside the test bundle.
    static func built(_ name: String) throws -> String {
        let program = try #require(realpath("/proc/self/exe", nil))
        defer { free(program) }
        var folder = String(cString: program).split(separator: "/")
        while !folder.isEmpty {
            folder.removeLast()
            let path = "/" + folder.joined(separator: "/") + "/" + name
            if access(path, R_OK) == 0 { return path }
        }
        throw ImageError(.notFound, "\(name) is not built")
    }

    /// A blob's file, open to read and to write, as a download has it.
    func file(_ bytes: [UInt8]) throws -> SharedDescriptor {
        let path = "\(directory.path)/blob\(UInt32.random(in: 0 ... .max))"
        try writeFile(path, bytes)
        return SharedDescriptor(try OwnedDescriptor.open(path, flags: O_RDWR))
    }

    /// The process that works in the workspace, once it is confined; nil if there is none.
    func process() throws -> pid_t? {
        try names("/proc").lazy.compactMap { pid_t($0) }.first { process in
            access("/proc/\(process)/root/\(marker)", F_OK) == 0 && process != getpid()
                && (try? text("/proc/\(process)/status"))?.contains("\nSeccomp:\t2\n") == true
        }
    }
}

/// A thread at work, for calls that block.
final class Started<Value: Sendable>: Sendable {
    private let pipe: Pipe
    private let result = Mutex<Result<Value, ImageError>?>(nil)

    init(_ body: @escaping @Sendable () throws(ImageError) -> Value) throws {
        pipe = try Pipe()
        try startThread(name: "test") { [self] in
            let value = Result { () throws(ImageError) in try body() }
            result.withLock { $0 = value }
            var byte: UInt8 = 1
            _ = write(pipe.write.number, &byte, 1)
        }
    }

    /// Waits for its end.
    func value() throws -> Value {
        var byte: UInt8 = 0
        _ = read(pipe.read.number, &byte, 1)
        return try #require(result.withLock { $0 }).get()
    }
}

/// Waits until something is so.
func until(_ what: Comment, _ isSo: () throws -> Bool) throws {
    for _ in 0..<30_000 {
        if try isSo() { return }
        usleep(1000)
    }
    Issue.record(what)
}
