import BerthImages
import BerthOCI
import Foundation

// store-victim ROOT LAYOUT [push | pull NAME]: works on an image store as a daemon would, for a test that kills it on the
// way.
//
// It imports an image under two names, or pulls it from a registry under two tags, removes the image `old`, and collects
// everything that nothing needs. With `push` it pushes the layout's image to the registry inside as pushed/app:1 and makes
// it ready to run.

let arguments = CommandLine.arguments
let words = Array(arguments.dropFirst(3))
guard arguments.count >= 3, [nil, "push", "pull"].contains(words.first), words.first != "pull" || words.count == 2
else {
    exit(64)
}
do {
    let store = try ImageStore(root: arguments[1])
    if words.first == "push" {
        try push(arguments[2], to: store)
    } else {
        if words.first == "pull" {
            try await pull(words[1], to: store)
        } else {
            _ = try store.importImage(from: arguments[2], name: "new:1")
            _ = try store.importImage(from: arguments[2], name: "new:2")
        }
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

func pull(_ name: String, to store: ImageStore) async throws {
    let clients = try RegistryClients(environment: [:])
    let puller = ImagePuller(store: store, registries: RegistrySettings(), clients: clients)
    for tag in 1...2 { _ = try await puller.pull(try Reference("\(name):\(tag)"), policy: .always) }
    try await clients.shutdown()
}
