import ArgumentParser
import BerthAPI
import BerthModel
import Foundation

/// `berth image`.
struct Image: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Pull, import, save, list, inspect and remove images.",
        subcommands: [
            ListImages.self, PullImage.self, ImportImage.self, SaveImage.self, InspectImage.self, ImageHistory.self,
            RemoveImage.self, PruneImages.self, ImageDiskUsage.self,
        ])
}

/// `berth image import`.
struct ImportImage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Import an image from a file or directory of the daemon's machine.",
        discussion: """
            PATH is an OCI image layout (a directory), an oci-archive or a docker-archive (a tar file). Every digest is
            checked; an image that fails leaves nothing behind.

            EXAMPLES
              berth image import ./etl-layout --tag etl:1
              docker save busybox > busybox.tar && berth image import busybox.tar
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "The name to give it. Default: the names in the archive.")
    var tag: String?

    @Argument(help: "An OCI image layout, oci-archive or docker-archive.", completion: .file())
    var path: String

    func run() async throws {
        let absolute = URL(filePath: path).standardizedFileURL.path
        guard FileManager.default.fileExists(atPath: absolute) else {
            throw CommandFailure("no such file or directory: \(path)")
        }
        try await connection.withClient { client in
            let reply: ImagesReply = try await client.post("images", ImportImageRequest(path: absolute, tag: tag))
            for image in reply.images { try StandardOutput.write("\(image.name) \(image.digest)\n") }
        }
    }
}

/// `berth image ls`.
struct ListImages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the images that tasks can name.",
        discussion: """
            EXAMPLES
              berth image ls
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        try await connection.withClient { client in
            let reply: ImagesReply = try await client.get("images")
            var table = Table(heading: ["IMAGE", "DIGEST", "PLATFORM", "LAYERS", "SIZE", "AGE"], right: [3, 4, 5])
            for image in reply.images {
                table.rows.append([
                    image.name, String(image.digest.prefix(19)), image.platform, String(image.layers),
                    Quantity.bytes(UInt64(clamping: image.size)),
                    Quantity.age(since: Date(timeIntervalSince1970: image.importedAt)),
                ])
            }
            try StandardOutput.write(table.text)
        }
    }
}
