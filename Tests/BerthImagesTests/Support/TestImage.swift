import BerthLinux
import BerthOCI
import Glibc
import Testing

@testable import BerthImages

/// An image to import, made of tars; every lie an image can tell is a property.
struct TestImage {
    enum Form { case plain, gzip, zstd }

    var layers: [[UInt8]]
    var form = Form.gzip
    var platform = Platform.host
    var execution = ImageConfiguration.Execution(command: ["/bin/true"])
    var referenceName: String? = "example.com/test:1"
    var layerType: MediaType?
    /// Changes the documents after they are right.
    var alterConfiguration: (inout ImageConfiguration) -> Void = { _ in }
    var alterManifest: (inout Manifest) -> Void = { _ in }
    /// Changes a blob's bytes after all is hashed.
    var damage: (_ layer: Int, _ blob: inout [UInt8]) -> Void = { _, _ in }
    /// The manifest's bytes in the layout, if they are not what the values encode to.
    var manifestText: ((Manifest) throws -> [UInt8])?

    init(_ layers: [UInt8]...) { self.layers = layers }

    /// The files of its OCI layout.
    func layout() throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = ["oci-layout": Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)]
        func blob(_ bytes: [UInt8], _ type: MediaType) throws -> Descriptor {
            let digest = try Documents.digest(of: bytes)
            files["blobs/sha256/\(digest.hex)"] = bytes
            return Descriptor(mediaType: type, digest: digest, size: Int64(bytes.count))
        }
        var descriptors: [Descriptor] = []
        for (index, tar) in layers.enumerated() {
            let (bytes, type): ([UInt8], MediaType) =
                switch form {
                case .plain: (tar, .layer)
                case .gzip: (try Compressing.gzip(tar), .layerGzip)
                case .zstd: (try Compressing.zstd(tar), .layerZstd)
                }
            let descriptor = try blob(bytes, layerType ?? type)
            damage(index, &files["blobs/sha256/\(descriptor.digest.hex)", default: []])
            descriptors.append(descriptor)
        }
        let configuration = try configurationBytes()
        var manifest = Manifest(config: try blob(configuration, .configuration), layers: descriptors)
        alterManifest(&manifest)
        var entry = try blob(try manifestText?(manifest) ?? Documents.encode(manifest), .manifest)
        entry.annotations = referenceName.map { [AnnotationKey.referenceName: $0] }
        files["index.json"] = try Documents.encode(Index(manifests: [entry]))
        return files
    }

    func configurationBytes() throws -> [UInt8] {
        var configuration = ImageConfiguration(
            platform: platform, config: execution, diffIDs: try layers.map { try Documents.digest(of: $0) })
        alterConfiguration(&configuration)
        return try Documents.encode(configuration)
    }

    /// The files of `docker save`.
    func dockerSave(names: [String]) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = ["config.json": try configurationBytes()]
        var paths: [String] = []
        for (index, tar) in layers.enumerated() {
            paths.append("layer\(index)/layer.tar")
            files["layer\(index)/layer.tar"] = form == .gzip ? try Compressing.gzip(tar) : tar
        }
        let list = { (texts: [String]) in texts.map { "\"\($0)\"" }.joined(separator: ",") }
        files["manifest.json"] = Array(
            "[{\"Config\":\"config.json\",\"RepoTags\":[\(list(names))],\"Layers\":[\(list(paths))]}]".utf8)
        return files
    }
}

extension [String: [UInt8]] {
    func write(to directory: String) throws {
        for name in ["", "/blobs", "/blobs/sha256"] { mkdir(directory + name, 0o755) }
        for (name, bytes) in self { try writeFile("\(directory)/\(name)", bytes) }
    }

    func tar() -> [UInt8] {
        TarBuilder.tar { tar in
            for (name, bytes) in self.sorted(by: { $0.key < $1.key }) { tar.add(name, data: bytes) }
        }
    }
}

/// A store in a directory of its own, beside a file that no image may touch.
struct TestStore {
    let directory: TemporaryDirectory
    let store: ImageStore

    init(limits: LayerLimits = LayerLimits()) throws {
        directory = try TemporaryDirectory()
        store = try ImageStore(root: "\(directory.path)/store", limits: limits)
        try writeFile(victim, Array("untouched".utf8))
    }

    /// Outside the store; as seen from a layer in staging it is four levels up.
    var victim: String { "\(directory.path)/victim" }

    @discardableResult
    func `import`(_ image: TestImage, name: String? = nil) throws -> StoredImage {
        let layout = "\(directory.path)/layout"
        try image.layout().write(to: layout)
        let stored = try store.importImage(from: layout, name: name)
        return try #require(stored.first)
    }

    /// Imports an image of one layer; returns the layer's directory.
    func unpack(_ tar: [UInt8], form: TestImage.Form = .gzip) throws -> String {
        var image = TestImage(tar)
        image.form = form
        return try #require(try self.import(image).layers.first)
    }

    /// The error that importing throws; afterwards nothing of the attempt may be left.
    func refusal(_ image: TestImage, name: String? = nil) throws -> ImageError {
        let error = try #require(throws: ImageError.self) { try self.import(image, name: name) }
        try expectEmpty()
        return error
    }

    func expectEmpty() throws {
        #expect(try names("\(store.root)/staging") == [])
        #expect(try names(store.layersRoot) == [])
        #expect(store.images() == [])
        #expect(try text(victim) == "untouched")
    }
}

let isRoot = geteuid() == 0
let needsRoot: Comment = "SKIPPED: layers hold devices and other users' files, which only root can make"
