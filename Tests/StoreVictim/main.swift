import BerthImages
import BerthOCI
import Foundation

// store-victim ROOT LAYOUT [push]: works on an image store as a daemon would, for a test that kills it on the way.
//
// Without `push` it imports an image under two names, removes the image `old`, and collects everything that nothing needs.
// With it, it pushes the layout's image to the registry inside as pushed/app:1 and makes it ready to run.

let arguments = CommandLine.arguments
guard arguments.count == 3 || arguments.count == 4 && arguments[3] == "push" else { exit(64) }
do {
    let store = try ImageStore(root: arguments[1])
    if arguments.count == 4 {
        try push(arguments[2], to: store)
    } else {
        _ = try store.importImage(from: arguments[2], name: "new:1")
        _ = try store.importImage(from: arguments[2], name: "new:2")
        _ = try? store.remove("old")
        _ = try store.prune(all: false)
    }
} catch {
    print(error)
    exit(1)
}

/// Blob by blob in two pieces each, as a client does it that sends chunks.
func push(_ layout: String, to store: ImageStore) throws {
    let repositories = try Repositories(store: store, createsOnPush: true)
    guard let name = RepositoryName("pushed/app") else { exit(64) }
    let index = try JSONDecoder().decode(Index.self, from: Data(contentsOf: URL(filePath: layout + "/index.json")))
    func blob(_ digest: Digest) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: layout + "/blobs/sha256/" + digest.hex)))
    }
    let document = try blob(index.manifests[0].digest)
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(document))
    for descriptor in [manifest.config] + manifest.layers {
        let bytes = try blob(descriptor.digest)
        var upload = try repositories.beginUpload(in: name)
        try bytes.prefix(10).withUnsafeBytes { try upload.append($0) }
        try upload.release()
        upload = try repositories.upload(upload.id, in: name)
        try bytes.dropFirst(10).withUnsafeBytes { try upload.append($0) }
        try upload.finish(descriptor.digest)
    }
    _ = try repositories.put(document, mediaType: MediaType.manifest.rawValue, as: .tag("1"), in: name)
    let own = OwnRegistry(account: "000000000000", region: "us-east-1", further: ["own.example.com"])
    let image = try RepositoryImages(repositories: repositories, own: own).image("own.example.com/pushed/app:1")
    if image == nil { exit(1) }
}
