import BerthLinux
import BerthOCI
import Glibc
import Testing

@testable import BerthImages

@Suite("A damaged or dishonest image", .enabled(if: isRoot, needsRoot))
struct HostileImageTests {
    static let tar = TarBuilder.tar { tar in
        for index in 0..<50 { tar.file("file\(index)", String(repeating: "content \(index) ", count: 100)) }
    }

    @Test(
        "is found out by the digest of a layer, whatever else the damage breaks",
        arguments: [TestImage.Form.plain, .gzip, .zstd])
    func corruptLayer(form: TestImage.Form) throws {
        let length =
            switch form {
            case .plain: Self.tar.count
            case .gzip: try Compressing.gzip(Self.tar).count
            case .zstd: try Compressing.zstd(Self.tar).count
            }
        for position in stride(from: 20, to: length, by: max(1, length / 12)) {
            var image = TestImage(TarBuilder.tar { $0.file("other") }, Self.tar)
            image.form = form
            image.damage = { layer, blob in if layer == 1 { blob[position] ^= 0x55 } }
            let test = try TestStore()
            let error = try #require(throws: ImageError.self) { try test.import(image) }
            #expect(error.code == .digestMismatch, "damage at \(position): \(error)")
            #expect(error.message.contains("blobs/sha256/"))
            #expect(try names("\(test.store.root)/staging") == [])
            #expect(test.store.images() == [])
        }
    }

    @Test("is refused when a blob has another size than its descriptor says")
    func wrongSize() throws {
        var longer = TestImage(Self.tar)
        longer.damage = { _, blob in blob.append(0) }
        #expect(try TestStore().refusal(longer).code == .sizeMismatch)
        var shorter = TestImage(Self.tar)
        shorter.alterManifest = { $0.layers[0].size += 1 }
        #expect(try TestStore().refusal(shorter).code == .sizeMismatch)
        var negative = TestImage(Self.tar)
        negative.alterManifest = { $0.layers[0].size = -1 }
        #expect(try TestStore().refusal(negative).code == .sizeMismatch)
    }

    @Test("gets no layer of another by naming its DiffID", arguments: [TestImage.Form.gzip, .zstd])
    func foreignDiffID(form: TestImage.Form) throws {
        let test = try TestStore()
        let theirs = try test.import(TestImage(Self.tar)).configuration.rootfs.diffIDs
        var image = TestImage(TarBuilder.tar { $0.file("mine") })
        image.form = form
        image.alterConfiguration = { $0.rootfs.diffIDs = theirs }
        let error = try #require(throws: ImageError.self) { try test.import(image) }
        #expect(error.code == .digestMismatch)
        #expect(test.store.images().count == 1)
    }

    @Test("is refused when a layer is not what its DiffID says")
    func wrongDiffID() throws {
        for form in [TestImage.Form.gzip, .zstd, .plain] {
            var image = TestImage(Self.tar)
            image.form = form
            image.alterConfiguration = {
                $0.rootfs.diffIDs = [Digest(hex: String(repeating: "0", count: 64))].compactMap { $0 }
            }
            let error = try TestStore().refusal(image)
            #expect(error.code == .digestMismatch)
            #expect(error.message.contains("0000"))
        }
    }

    @Test("is refused when layers and DiffIDs are not as many")
    func layerCount() throws {
        var longer = TestImage(Self.tar)
        longer.alterConfiguration = { $0.rootfs.diffIDs += $0.rootfs.diffIDs }
        #expect(try TestStore().refusal(longer).code == .malformed)
        var shorter = TestImage(Self.tar, TarBuilder.tar { $0.file("x") })
        shorter.alterConfiguration = { $0.rootfs.diffIDs.removeLast() }
        #expect(try TestStore().refusal(shorter).code == .malformed)
    }

    @Test("for another machine is refused by name")
    func architecture() throws {
        var image = TestImage(Self.tar)
        image.platform = Platform(architecture: "s390x", os: "linux")
        let error = try TestStore().refusal(image)
        #expect(error.code == .wrongPlatform)
        #expect(error.message.contains("s390x"))
        #expect(error.message.contains(Platform.host.architecture))
        let test = try TestStore()
        try writeFile("\(test.directory.path)/saved.tar", try image.dockerSave(names: ["x"]).tar())
        let saved = try #require(throws: ImageError.self) {
            try test.store.importImage(from: "\(test.directory.path)/saved.tar", name: nil)
        }
        #expect(saved.code == .wrongPlatform)
        #expect(saved.message.contains("s390x"))
    }

    @Test("that is manifest and index at once is refused")
    func twoFaced() throws {
        var image = TestImage(Self.tar)
        image.manifestText = { manifest in
            let text = String(decoding: try Documents.encode(manifest), as: UTF8.self)
            return Array(#"{"manifests":[],"#.utf8) + text.utf8.dropFirst()
        }
        let error = try TestStore().refusal(image)
        #expect(error.code == .malformed)
        #expect(error.message.contains("both"))
    }

    @Test(
        "with a digest that is a path, upper case or of another algorithm is refused",
        arguments: [
            "sha256:../../../../victim", "sha256:" + String(repeating: "A", count: 64),
            "sha512:" + String(repeating: "a", count: 128),
        ])
    func digests(digest: String) throws {
        var image = TestImage(Self.tar)
        image.manifestText = { manifest in
            let text = String(decoding: try Documents.encode(manifest), as: UTF8.self)
            return Array(text.split(separator: manifest.layers[0].digest.description).joined(separator: digest).utf8)
        }
        let error = try TestStore().refusal(image)
        #expect(error.code == .malformed)
        #expect(error.message.contains("digest"))
    }

    @Test("with foreign or unknown layers is refused")
    func foreignLayers() throws {
        for type in [
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
            "application/vnd.oci.image.layer.v1.tar+encrypted",
        ] {
            var image = TestImage(Self.tar)
            image.layerType = MediaType(rawValue: type)
            let error = try TestStore().refusal(image)
            #expect(error.code == .unsupported)
            #expect(error.message.contains(type))
        }
    }

    @Test("in a layout whose blob is a link to a file of the host is refused")
    func linkedBlob() throws {
        let test = try TestStore()
        let files = try TestImage(Self.tar).layout()
        let layout = "\(test.directory.path)/layout"
        try files.write(to: layout)
        let blob = try #require(files.filter { $0.key.hasPrefix("blobs/") }.max { $0.value.count < $1.value.count })
        try writeFile("\(test.directory.path)/elsewhere", blob.value)
        unlink("\(layout)/\(blob.key)")
        symlink("\(test.directory.path)/elsewhere", "\(layout)/\(blob.key)")
        let error = try #require(throws: ImageError.self) { try test.store.importImage(from: layout, name: nil) }
        #expect(error.code == .unsafe)
        unlink("\(layout)/\(blob.key)")
        mkfifo("\(layout)/\(blob.key)", 0o600)
        #expect(throws: ImageError.self) { try test.store.importImage(from: layout, name: nil) }
        unlink("\(layout)/\(blob.key)")
        let missing = try #require(throws: ImageError.self) { try test.store.importImage(from: layout, name: nil) }
        #expect(missing.code == .notFound)
        #expect(missing.message.contains(blob.key))
        try test.expectEmpty()
    }

    @Test("with a manifest beyond all measure is not read")
    func hugeManifest() throws {
        var image = TestImage(Self.tar)
        image.manifestText = { try Documents.encode($0) + [UInt8](repeating: 0x20, count: Documents.maximumBytes) }
        #expect(try TestStore().refusal(image).code == .limitExceeded)
    }

    @Test("of indexes without end is given up")
    func nestedIndexes() throws {
        let test = try TestStore()
        var files = try TestImage(Self.tar).layout()
        for _ in 0..<12 {
            let bytes = files["index.json"] ?? []
            let digest = try Documents.digest(of: bytes)
            files["blobs/sha256/\(digest.hex)"] = bytes
            files["index.json"] = try Documents.encode(
                Index(manifests: [Descriptor(mediaType: .index, digest: digest, size: Int64(bytes.count))]))
        }
        try files.write(to: "\(test.directory.path)/layout")
        let error = try #require(throws: ImageError.self) {
            try test.store.importImage(from: "\(test.directory.path)/layout", name: "deep")
        }
        #expect(error.code == .limitExceeded)
        try test.expectEmpty()
    }

    @Test("with bytes behind its gzip stream, or without its end, is refused")
    func gzipEnds() throws {
        for change in [{ (blob: [UInt8]) in blob + Array("garbage".utf8) }, { Array($0.dropLast(9)) }] {
            let test = try TestStore()
            let bytes = change(try Compressing.gzip(Self.tar))
            let digest = try Documents.digest(of: bytes)
            var image = TestImage(Self.tar)
            image.alterManifest = { manifest in
                manifest.layers[0].digest = digest
                manifest.layers[0].size = Int64(bytes.count)
            }
            var files = try image.layout()
            files["blobs/sha256/\(digest.hex)"] = bytes
            try files.write(to: "\(test.directory.path)/layout")
            let error = try #require(throws: ImageError.self) {
                try test.store.importImage(from: "\(test.directory.path)/layout", name: nil)
            }
            #expect(error.code == .malformed, "\(error)")
            try test.expectEmpty()
        }
    }

    @Test("that is no image at all says so")
    func noImage() throws {
        let test = try TestStore()
        for (name, bytes) in [
            ("empty", []), ("text", Array("hello, this is a text file\n".utf8)),
            ("tar", TarBuilder.tar { $0.file("x") }),
            ("cut.tar", Array(try TestImage(Self.tar).layout().tar().prefix(3000))),
            ("json.tar", TarBuilder.tar { $0.file("index.json", "{") }),
        ] {
            let path = "\(test.directory.path)/\(name)"
            try writeFile(path, bytes)
            let error = try #require(throws: ImageError.self) { try test.store.importImage(from: path, name: "x") }
            #expect(error.message.contains(path), "\(error)")
        }
        for path in ["/nowhere/at/all", "/dev/null", test.directory.path] {
            let error = try #require(throws: ImageError.self) { try test.store.importImage(from: path, name: "x") }
            #expect(error.message.contains(path), "\(error)")
        }
        try test.expectEmpty()
    }

    @Test("may have layers whose sizes add up to more than there are numbers")
    func hugeLayers() throws {
        let test = try TestStore()
        let image = try test.import(TestImage(TarBuilder.tar { $0.file("a") }, TarBuilder.tar { $0.file("b") }))
        // As many sparse files make it, of which a test has no time to write the entries.
        for layer in image.layers {
            let directory = try OwnedDescriptor.open(layer, flags: O_RDONLY | O_DIRECTORY)
            try Array("\(Int64.max)".utf8).withUnsafeBytes {
                try ExtendedAttribute.set(LayerStore.sizeAttribute, to: $0, on: directory.number)
            }
        }
        let store = try ImageStore.reopened(test)
        #expect(store.findings == [])
        #expect(store.images().map(\.size) == [.max])
        _ = try store.inspect(image.name)
    }

    @Test("has its labels and history told when they are asked for, and not kept in memory")
    func labels() throws {
        let test = try TestStore()
        var image = TestImage(TarBuilder.tar { $0.file("a") })
        image.execution.labels = ["a": "b"]
        let history = try Documents.decode(
            [ImageConfiguration.History].self, from: Array(#"[{"created_by": "somebody"}]"#.utf8), name: "history")
        image.alterConfiguration = { $0.history = history }
        let stored = try test.import(image)
        #expect(test.store.images() == [stored])
        #expect(stored.configuration.config?.labels == nil && stored.configuration.history == nil)
        let told = try test.store.inspect(stored.name).image.configuration
        #expect(told.config?.labels == ["a": "b"])
        #expect(told.history?.map(\.createdBy) == ["somebody"])
    }
}
