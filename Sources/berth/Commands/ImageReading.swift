import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth image inspect`.
struct InspectImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Print all that is known of an image, as JSON.",
        discussion: """
            EXAMPLES
              berth image inspect etl:1 | jq .execution
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "A name as in `berth image ls`, or a digest.")
    var image: String

    func run() async throws {
        try await connection.withClient { client in
            let details: ImageDetails = try await client.get("images/\(Client.escape(image))")
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try StandardOutput.write(try encoder.encode(details) + [UInt8(ascii: "\n")])
        }
    }
}

/// `berth image history`.
struct ImageHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show the steps that made an image, newest first.",
        discussion: """
            EXAMPLES
              berth image history etl:1
              berth image history --full etl:1
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Commands in full length.")
    var full = false

    @Argument(help: "A name as in `berth image ls`, or a digest.")
    var image: String

    func run() async throws {
        try await connection.withClient { client in
            let details: ImageDetails = try await client.get("images/\(Client.escape(image))")
            var table = Table(heading: ["CREATED", "SIZE", "STEP"], right: [1])
            for step in details.history.reversed() {
                // It is the builder's text, and so a stranger's: one line, and nothing that steers a terminal.
                let text = ((step.createdBy ?? "") + (step.comment.map { $0.isEmpty ? "" : "  # \($0)" } ?? ""))
                    .unicodeScalars.map { $0.properties.isPrintable ? String($0) : " " }.joined()
                table.rows.append([
                    String((step.created ?? "").prefix(19).filter { $0.isASCII && !$0.isWhitespace }),
                    step.size.map { Quantity.bytes(UInt64(clamping: $0)) } ?? "",
                    full || text.count <= 80 ? text : text.prefix(79) + "…",
                ])
            }
            try StandardOutput.write(table.text)
        }
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}

/// `berth image save`.
struct SaveImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save an image as an oci-archive.",
        discussion: """
            The archive has the very bytes that were pulled or imported, so its digest is the image's. It can be read by
            skopeo, podman, docker and `berth image import`.

            EXAMPLES
              berth image save etl:1 --output etl.tar
              berth image save etl:1 | skopeo copy oci-archive:/dev/stdin docker://registry/etl:1
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(name: .shortAndLong, help: "The file to write. Default: standard output.", completion: .file())
    var output: String?

    @Argument(help: "A name as in `berth image ls`, or a digest.")
    var image: String

    func run() async throws {
        if output == nil, isatty(STDOUT_FILENO) == 1 {
            throw CommandFailure("an archive is nothing for a terminal: name a file with --output, or use a pipe")
        }
        try await connection.withClient { client in
            let (body, size) = try await client.bytes("images/\(Client.escape(image))/archive")
            let file = try output.map { try PartialFile($0) }
            var written: Int64 = 0
            for try await piece in body {
                written += Int64(piece.readableBytes)
                if let file {
                    try file.write(piece.readableBytesView)
                } else {
                    try StandardOutput.write(piece.readableBytesView)
                }
            }
            guard written == size else {
                throw CommandFailure("the daemon broke off after \(written) of \(size ?? 0) bytes; its log says why")
            }
            try file?.finish()
        }
    }
}

/// A file that is there as a whole or not at all.
final class PartialFile {
    private let path: String
    private let handle: FileHandle
    private var isFinished = false
    private var temporary: String { path + ".partial" }

    /// Made beside its place, so that nothing is lost of a file that has that name already.
    init(_ path: String) throws {
        self.path = path
        guard FileManager.default.createFile(atPath: path + ".partial", contents: nil),
            let handle = FileHandle(forWritingAtPath: path + ".partial")
        else { throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))") }
        self.handle = handle
    }

    deinit { if !isFinished { unlink(temporary) } }

    func write(_ bytes: some Sequence<UInt8>) throws {
        do { try handle.write(contentsOf: Data(bytes)) } catch {
            throw CommandFailure("cannot write \(path): \(error.localizedDescription)")
        }
    }

    func finish() throws {
        try handle.close()
        guard rename(temporary, path) == 0 else {
            throw CommandFailure("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        isFinished = true
    }
}
