import BerthOCI
import BerthUnpack
import Glibc
import Testing

@testable import BerthImages

@Suite("Importing an image", .enabled(if: isRoot, needsRoot))
struct ImportTests {
    static let hello = TarBuilder.tar { $0.file("hello", "world") }

    @Test("works for layers of every form", arguments: [TestImage.Form.plain, .gzip, .zstd])
    func forms(form: TestImage.Form) throws {
        let test = try TestStore()
        var image = TestImage(Self.hello, TarBuilder.tar { $0.file("second") })
        image.form = form
        let stored = try test.import(image)
        #expect(stored.name == "example.com/test:1")
        #expect(stored.platform == .host)
        #expect(stored.size == 5)
        #expect(stored.layers.count == 2)
        #expect(stored.layersRoot == test.store.root)
        let mountPoints = "\(test.store.root)/mount-points"
        #expect(stored.lowerDirectories == [mountPoints] + stored.layers)
        // What a killed process left half made.
        #expect(chmod("\(mountPoints)/etc", 0o700) == 0 && unlink("\(mountPoints)/etc/hosts") == 0)
        #expect(try ImageStore.reopened(test).image("example.com/test:1").mountPoints == mountPoints)
        #expect(status("\(mountPoints)/etc").map { $0.st_mode & 0o7777 } == 0o755)
        #expect(status("\(mountPoints)/etc/hosts").map { $0.st_mode } == S_IFREG | 0o644)
        #expect(try text("\(stored.layers[0])/hello") == "world", "lowest first")
        #expect(stored.configuration.config?.command == ["/bin/true"])
        #expect(try names("\(test.store.root)/staging") == [])
    }

    @Test("works from archives, compressed or not", arguments: [TestImage.Form.plain, .gzip, .zstd])
    func archives(form: TestImage.Form) throws {
        let test = try TestStore()
        let tar = try TestImage(Self.hello).layout().tar()
        let bytes =
            switch form {
            case .plain: tar
            case .gzip: try Compressing.gzip(tar)
            case .zstd: try Compressing.zstd(tar)
            }
        let path = "\(test.directory.path)/image.tar"
        try writeFile(path, bytes)
        let stored = try #require(try test.store.importImage(from: path, name: nil).first)
        #expect(try text("\(stored.layers[0])/hello") == "world")
        #expect(try names("\(test.store.root)/staging") == [])
    }

    @Test("works from docker save, under all names", arguments: [TestImage.Form.plain, .gzip])
    func dockerArchive(form: TestImage.Form) throws {
        let test = try TestStore()
        var image = TestImage(Self.hello, TarBuilder.tar { $0.file("second") })
        image.form = form
        let path = "\(test.directory.path)/image.tar"
        try writeFile(path, try image.dockerSave(names: ["etl:1", "etl:latest", "<none>:<none>"]).tar())
        let stored = try test.store.importImage(from: path, name: nil)
        #expect(stored.map(\.name) == ["docker.io/library/etl:1", "docker.io/library/etl:latest"])
        #expect(stored[0].digest == stored[1].digest)
        #expect(try text("\(stored[0].layers[0])/hello") == "world")
        let again = try test.store.importImage(from: path, name: "other")
        #expect(again.map(\.digest) == [stored[0].digest], "the digest is the archive's, whenever it is imported")
        #expect(try ImageStore.reopened(test).images().count == 3)
    }

    @Test("follows the links docker save makes for layers that images share")
    func dockerLinks() throws {
        let test = try TestStore()
        let files = try { () throws in
            var image = TestImage(Self.hello)
            image.form = .plain
            return try image.dockerSave(names: ["etl"])
        }()
        let tar = TarBuilder.tar { tar in
            for (name, bytes) in files where name != "layer0/layer.tar" { tar.add(name, data: bytes) }
            tar.symlink("layer0/layer.tar", to: "../real/layer.tar")
            tar.add("real/layer.tar", data: files["layer0/layer.tar"] ?? [])
        }
        let path = "\(test.directory.path)/image.tar"
        try writeFile(path, tar)
        let stored = try #require(try test.store.importImage(from: path, name: nil).first)
        #expect(try text("\(stored.layers[0])/hello") == "world")
    }

    @Test("picks this machine's platform from an index, also from a nested one")
    func platforms() throws {
        let test = try TestStore()
        var foreign = TestImage(TarBuilder.tar { $0.file("foreign") })
        foreign.platform = Platform(architecture: "s390x", os: "linux")
        let (own, other) = (try TestImage(Self.hello).layout(), try foreign.layout())
        func entry(_ files: [String: [UInt8]], _ platform: Platform?) throws -> Descriptor {
            var entry = try #require(try Documents.index(files["index.json"] ?? [], name: "index").manifests.first)
            entry.platform = platform
            entry.annotations = nil
            return entry
        }
        let inner = try Documents.encode(
            Index(manifests: [try entry(other, foreign.platform), try entry(other, nil), try entry(own, .host)]))
        let digest = try Documents.digest(of: inner)
        var files = own.merging(other) { first, _ in first }
        files["blobs/sha256/\(digest.hex)"] = inner
        files["index.json"] = try Documents.encode(
            Index(manifests: [Descriptor(mediaType: .index, digest: digest, size: Int64(inner.count))]))
        let layout = "\(test.directory.path)/layout"
        try files.write(to: layout)
        let stored = try #require(try test.store.importImage(from: layout, name: "multi").first)
        #expect(try names(stored.layers[0]) == ["hello"])
    }

    @Test("shares layers between images by DiffID, however they were compressed")
    func sharing() throws {
        let test = try TestStore()
        var other = TestImage(Self.hello, TarBuilder.tar { $0.file("more") })
        other.form = .zstd
        let first = try test.import(TestImage(Self.hello), name: "first")
        let second = try test.import(other, name: "second")
        #expect(first.layers[0] == second.layers[0])
        #expect(try names(test.store.layersRoot).count == 2)
    }

    @Test("keeps documents and compressed layers, and no plain tar beside what it was unpacked to")
    func blobs() throws {
        for (form, count) in [(TestImage.Form.gzip, 3), (.zstd, 3), (.plain, 2)] {
            let test = try TestStore()
            var image = TestImage(Self.hello)
            image.form = form
            let stored = try test.import(image)
            let manifest = try Documents.manifest(
                try #require(try test.store.directories.blob(stored.digest)), name: "manifest")
            let all = [stored.digest, manifest.config.digest] + manifest.layers.map(\.digest)
            #expect(try names("\(test.store.root)/blobs/sha256") == all.prefix(count).map(\.hex).sorted())
            #expect(try names("\(test.store.root)/partial") == [])
        }
    }

    @Test("needs a name from somewhere")
    func naming() throws {
        let test = try TestStore()
        var image = TestImage(Self.hello)
        for nameless in [nil, "latest"] {
            image.referenceName = nameless
            let error = try test.refusal(image)
            #expect(error.code == .nameMissing)
            #expect(error.message.contains("--tag"))
        }
        #expect(try test.refusal(image, name: "Not A Name").code == .invalidReference)
        #expect(try test.import(image, name: "busybox").name == "docker.io/library/busybox:latest")
    }

    @Test("of the same image twice at once does the work once and succeeds twice")
    func twiceAtOnce() async throws {
        let test = try TestStore()
        let layers = (0..<4).map { index in
            TarBuilder.tar { tar in for file in 0..<200 { tar.file("d\(index)/f\(file)", "\(index) \(file)") } }
        }
        var image = TestImage()
        image.layers = layers
        let layout = "\(test.directory.path)/layout"
        try image.layout().write(to: layout)
        let store = test.store
        // Threads of their own: imports block.
        try Workers.run(4, width: 4, cancellation: Cancellation()) { index throws(ImageError) in
            _ = try store.importImage(from: layout, name: "image\(index % 2)")
        }
        #expect(store.images().count == 2)
        #expect(try names(store.layersRoot).count == 4)
        #expect(try names("\(store.root)/staging") == [])
    }

    @Test("leaves the store as it was when the process is killed at any step")
    func crashLeftovers() throws {
        let test = try TestStore()
        let stored = try test.import(TestImage(Self.hello))
        // What a killed import leaves: half a layer, with read-only and set-id parts, and half a list.
        let staging = "\(test.store.root)/staging"
        for path in ["dead", "dead/root", "dead/root/a", "dead/root/a/b", "dead/replaced"] {
            mkdir("\(staging)/\(path)", 0o700)
        }
        try writeFile("\(staging)/dead/root/a/b/file", Array("half".utf8))
        symlink("/etc", "\(staging)/dead/root/link")
        mknod("\(staging)/dead/root/null", S_IFCHR | 0o666, 0x103)
        chmod("\(staging)/dead/root/a/b", 0)
        try writeFile("\(staging)/new", Array("{".utf8))
        // And a whole layer of an image that never came to be listed.
        let unlisted = "\(test.store.layersRoot)/\(String(repeating: "0", count: 64))"
        mkdir(unlisted, 0o755)
        try writeFile("\(unlisted)/file", Array("whole".utf8))
        let reopened = try ImageStore.reopened(test)
        #expect(try names(staging) == [])
        #expect(try names(test.store.layersRoot).count == 1)
        #expect(reopened.images() == [stored], "what was imported is there as it was")
        #expect(reopened.findings == [])
        #expect(access("/etc/passwd", F_OK) == 0)
    }

    @Test("tells which images of the list are damaged, and offers the others")
    func damagedStore() throws {
        let test = try TestStore()
        let good = try test.import(TestImage(Self.hello), name: "good")
        let bad = try test.import(TestImage(TarBuilder.tar { $0.file("x") }), name: "bad")
        try writeFile("\(test.store.root)/blobs/sha256/\(bad.digest.hex)", Array("{}".utf8))
        let reopened = try ImageStore.reopened(test)
        #expect(reopened.images() == [good])
        #expect(reopened.findings.count == 1)
        #expect(reopened.findings.first?.message.contains("docker.io/library/bad:latest") == true)
    }

    @Test("goes to a private directory")
    func permissions() throws {
        let test = try TestStore()
        let stored = try test.import(TestImage(Self.hello))
        for path in ["", "/blobs", "/blobs/sha256", "/layers", "/staging"] {
            #expect(status(test.store.root + path).map { $0.st_mode & 0o7777 } == 0o700, "store\(path)")
        }
        #expect(status(stored.layers[0]).map { $0.st_mode & 0o7777 } == 0o755)
    }

    @Test("by two processes into one store is refused")
    func oneOwner() throws {
        let test = try TestStore()
        let error = try #require(throws: ImageError.self) { try ImageStore(root: test.store.root) }
        #expect(error.code == .storeInUse)
    }
}

extension ImageStore {
    /// The store as the next process sees it: the lock is the open file's, so a second opening needs a second path.
    static func reopened(_ test: TestStore) throws -> ImageStore {
        flock(test.store.directories.root.descriptor.number, LOCK_UN)
        return try ImageStore(root: test.store.root)
    }
}
