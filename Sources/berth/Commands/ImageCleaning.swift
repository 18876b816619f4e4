import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth image rm`.
struct RemoveImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove images by name or digest.",
        discussion: """
            A name is taken away; with its last name an image goes, and what it shares with no other. An image that a task
            runs on is refused, and so is one that is not here: the others are removed all the same.

            EXAMPLES
              berth image rm etl:1
              berth image rm sha256:0123…
            """)

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Names as in `berth image ls`, or digests, which mean all names of an image.")
    var images: [String]

    func run() async throws {
        try await connection.withClient { client in
            var hasFailed = false
            for image in images {
                do {
                    let removed: ImageRemoved = try await client.delete("images/\(Client.escape(image))")
                    for name in removed.untagged { try StandardOutput.write("untagged \(name)\n") }
                    guard let digest = removed.deleted else { continue }
                    let freed = Quantity.bytes(UInt64(clamping: removed.freedBytes))
                    try StandardOutput.write("deleted \(digest), \(freed) freed\n")
                } catch let refusal as ServiceError {
                    hasFailed = true
                    StandardError.write("berth: \(CommandFailure(refusal).description)\n")
                }
            }
            if hasFailed { throw ExitCode.failure }
        }
    }
}

/// `berth image prune`.
struct PruneImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove images without a tag, and what no image needs.",
        discussion: """
            EXAMPLES
              berth image prune
              berth image prune --all     # every image that no task runs on
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Every image that no task runs on and no repository has, tagged or not.")
    var all = false

    func run() async throws {
        try await connection.withClient { client in
            let pruned: ImagesPruned = try await client.post("images/prune", PruneImagesRequest(all: all))
            for name in pruned.images { try StandardOutput.write("deleted \(name)\n") }
            let freed = Quantity.bytes(UInt64(clamping: pruned.freedBytes))
            try StandardOutput.write("\(pruned.blobs) blobs and \(pruned.layers) layers removed, \(freed) freed\n")
        }
    }
}

/// `berth image df`.
struct ImageDiskUsage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "df", abstract: "Show what images take up on the disk, as du counts it.",
        discussion: """
            EXAMPLES
              berth image df
              berth image df --bytes
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "Exact numbers of bytes.")
    var bytes = false

    func run() async throws {
        try await connection.withClient { client in
            let use: ImageDiskUse = try await client.get("image-disk-use")
            var table = Table(heading: ["WHAT", "SIZE"], right: [1])
            for (what, size) in [
                ("compressed layers and documents", use.blobs), ("unpacked layers", use.layers),
                ("of both not needed", use.unused), ("unfinished", use.unfinished), ("being removed", use.trash),
            ] { table.rows.append([what, bytes ? "\(size)" : Quantity.bytes(UInt64(clamping: size))]) }
            try StandardOutput.write(table.text)
        }
    }
}
