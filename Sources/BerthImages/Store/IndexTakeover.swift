import BerthLinux
import BerthOCI
import BerthUnpack
import GRDB
import Glibc

/// Takes over, once, a store of the time when its list of images was `index.json`.
struct IndexTakeover {
    /// Seconds since 1970, on every entry beside its name.
    private static let importedKey = "io.berth.image.imported"

    let directories: StoreDirectories
    let database: ImageDatabase
    let layers: LayerStore

    /// - Returns: what was wrong with images of the list; they are left out.
    func run() throws(ImageError) -> [ImageError] {
        guard let file = try LayoutDirectory(path: directories.path, directory: directories.root).file("index.json")
        else { return [] }
        // Its length is bounded by the number of images an operator names.
        let index = try Documents.index(try file.bytes(limit: 256 << 20), name: file.name)
        var findings: [ImageError] = []
        var images: [(entry: Descriptor, name: String, imported: Int64, parts: [Digest])] = []
        for entry in index.manifests {
            do throws(ImageError) {
                images.append(try image(entry))
            } catch {
                findings.append(error)
            }
        }
        let listed = Set(images.flatMap(\.parts))
        let blobs = try sizes(directories.blobs) { digest throws(ImageError) in
            try LayoutDirectory(path: directories.path, directory: directories.blobs).file(digest.hex)?.length
        }
        let unpacked = try sizes(directories.layers) { digest throws(ImageError) in try layers.directory(digest)?.size }
        let now = Now.milliseconds
        // A damaged image may be what a task of the last daemon still runs on: then every layer stays.
        let isWhole = findings.isEmpty
        try database.change { database in
            for (table, found) in [("blob", blobs), ("layer", unpacked)] {
                for (digest, size) in found {
                    try database.execute(
                        sql: """
                            INSERT OR IGNORE INTO \(table) (digest, size, synced, added, used)
                            VALUES (?1, ?2, ?3, ?4, ?4)
                            """, arguments: [digest.hex, size, !isWhole || listed.contains(digest), now])
                }
            }
            for image in images {
                try ImageRow.insert(
                    image.entry.digest, parts: image.parts, pulled: false, now: image.imported, in: database)
                try ImageRow.name(
                    image.entry.digest, image.name, former: nil, now: image.imported, in: database)
            }
        }
        try storing { () throws(LinuxError) in
            try directories.root.descriptor.rename(
                "index.json", to: "index.json.taken-over", in: directories.root.descriptor, replaces: true)
        }
        return findings
    }

    private func image(
        _ entry: Descriptor
    ) throws(ImageError) -> (entry: Descriptor, name: String, imported: Int64, parts: [Digest]) {
        guard let name = entry.annotations?[AnnotationKey.referenceName],
            let imported = entry.annotations?[Self.importedKey].flatMap(Double.init),
            // Bounded, so that it fits the number it becomes.
            (0..<1e11).contains(imported)
        else {
            throw ImageError(
                .malformed, "index.json lists \(entry.digest) without a name or time; import the image again")
        }
        do throws(ImageError) {
            let (manifest, configuration) = try ImageStore.documents(entry.digest, from: directories)
            return (
                entry, name, Int64(imported * 1000),
                [entry.digest, manifest.config.digest] + manifest.layers.map(\.digest) + configuration.rootfs.diffIDs
            )
        } catch {
            throw error.prefixed("the image \(name) is damaged and must be imported again")
        }
    }

    private func sizes(
        _ directory: SharedDescriptor, of size: (Digest) throws(ImageError) -> Int64?
    ) throws(ImageError) -> [(Digest, Int64)] {
        var found: [(Digest, Int64)] = []
        for name in try directories.names(directory) {
            guard let digest = Digest(hex: name), let size = try size(digest) else { continue }
            found.append((digest, size))
        }
        return found
    }
}
