import BerthConfinement
import BerthLinux
import BerthUnpack
import Glibc
import Synchronization

/// Unpacks layers, each in a process of its own (`berth-unpack`) that can touch nothing but the layer's directory.
///
/// What reads a stranger's bytes is not the daemon: a fault in an inflater or in the tar reader is worth one layer.
final class Unpacker: Sendable {
    /// What a process needs to be started.
    private struct Tools {
        /// Sealed, so that it is what the daemon found at its first layer, whatever happens to the file.
        var program: SharedDescriptor
        /// Compiled once; the processes load it.
        var filter: [UInt8]
    }

    private let path: String?
    private let tools = Mutex<Tools?>(nil)

    /// - Parameter path: of the `berth-unpack` executable; nil for the one beside the running program.
    init(path: String?) { self.path = path }

    /// Unpacks a layer into an empty workspace and waits for it; the tree is then the directory
    /// ``UnpackRequest/treeName`` in it. On an error its content means nothing.
    func unpack(
        _ layer: PendingLayer, limits: LayerLimits, in workspace: Workspace, cancellation: Cancellation
    ) throws(ImageError) -> LayerExtractor.Summary {
        try cancellation.check()
        let tools = try readyTools()
        let file: SharedDescriptor
        var request = UnpackRequest(
            parent: getpid(), filter: tools.filter, diffID: layer.diffID, blobDigest: nil, offset: 0, length: 0,
            isComplete: true, subject: layer.content.name, limits: limits)
        var growing: GrowingBlob?
        switch layer.content {
        case .region(let region):
            file = region.file
            request.offset = region.offset
            request.length = region.length
            request.blobDigest = layer.blobDigest ?? layer.diffID
        case .growing(let blob):
            file = blob.file
            let state = blob.state
            request.length = state.length
            request.isComplete = state.isFinished
            growing = blob
        }
        let process = try UnpackerProcess(
            request, program: tools.program, workspace: workspace.number, blob: try Self.readOnly(file))
        return try process.attend(to: growing, cancellation: cancellation)
    }

    /// The process gets an open file of its own, which it can only read.
    private static func readOnly(_ file: SharedDescriptor) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try OwnedDescriptor.open("/proc/self/fd/\(file.number)", flags: O_RDONLY)
        }
    }

    private func readyTools() throws(ImageError) -> Tools {
        let result = tools.withLock { tools in
            Result { () throws(ImageError) in
                if let tools { return tools }
                let ready = try prepare()
                tools = ready
                return ready
            }
        }
        return try result.get()
    }

    private func prepare() throws(ImageError) -> Tools {
        let path = if let path { path } else { try Self.besideThisProgram() }
        let program: SharedDescriptor
        do throws(LinuxError) {
            let content = try SmallFile.readBytes(path, limit: 256 << 20)
            program = SharedDescriptor(
                try SealedMemory.make(name: "berth-unpack", content: content, executable: true))
        } catch {
            throw ImageError(
                .storage, "layers are unpacked by berth-unpack: \(error); install it beside berth, from the same build")
        }
        do {
            let filter = try SeccompCompiler().program(for: .unpacker, capabilities: .unpacker)
            return Tools(program: program, filter: filter.instructions)
        } catch {
            throw ImageError(.storage, "cannot compile the seccomp filter of berth-unpack: \(error)")
        }
    }

    private static func besideThisProgram() throws(ImageError) -> String {
        guard let program = realpath("/proc/self/exe", nil) else {
            throw ImageError(LinuxError("find", "the running program", errno: .current))
        }
        defer { free(program) }
        let path = String(cString: program)
        return path[..<(path.lastIndex(of: "/") ?? path.startIndex)] + "/berth-unpack"
    }
}
