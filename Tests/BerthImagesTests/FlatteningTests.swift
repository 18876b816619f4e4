import BerthLinux
import BerthOCI
import Glibc
import Testing

@testable import BerthImages

@Suite("Flattening an image of very many layers", .enabled(if: isRoot, needsRoot))
struct FlatteningTests {
    /// 70 layers that add, replace, hide and change what others brought.
    private static func image() -> TestImage {
        var image = TestImage()
        image.layers.append(
            TarBuilder.tar { tar in
                tar.directory("d", mode: 0o700, uid: 5, gid: 6)
                for name in ["gone", "d/gone", "replaced/inner/file", "opaque/old", "again/old", "kept/old", "file"] {
                    tar.file(name, "1")
                }
                tar.file("linked", "linked", mode: 0o4755, uid: 7, gid: 8)
                for name in ["link", "d/link", "broken"] { tar.hardLink(name, to: "linked") }
                tar.add("attributes", data: [1, 2], pax: [("SCHILY.xattr.user.a", Array("value".utf8))])
                tar.add("attributed/", type: "5", mode: 0o755, pax: [("SCHILY.xattr.user.b", Array("old".utf8))])
                tar.file("attributed/file")
                tar.add("fifo", type: "6"); tar.add("device", type: "3", device: (1, 3))
            })
        image.layers.append(
            TarBuilder.tar { tar in
                for name in [".wh.gone", "d/.wh.gone", ".wh.again", "opaque/.wh..wh..opq"] { tar.file(name) }
                tar.file("replaced", "now a file"); tar.file("broken", "a file of its own")
                tar.file("again/new", "2"); tar.file("opaque/new", "2"); tar.file("kept/new", "2")
                tar.directory("file"); tar.file("file/inside", "2")
                tar.add("attributed/", type: "5", mode: 0o711, pax: [("SCHILY.xattr.user.b", Array("new".utf8))])
                tar.symlink("symlink", to: "../../etc/passwd")
            })
        for index in 2..<70 {
            image.layers.append(
                TarBuilder.tar { tar in
                    tar.directory("many", mode: 0o750, mtime: 1_600_000_000 + index)
                    tar.file("many/\(index)", "\(index)")
                    tar.file("last", "\(index)", uid: index)
                    if index % 3 == 0 { tar.file("many/.wh.\(index - 1)") }
                })
        }
        return image
    }

    private struct Vanished: Error { var path: String }

    private func attributeNames(_ file: Int32) throws -> [String] {
        try ExtendedAttribute.names(of: file).map {
            String(decoding: $0.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }.sorted()
    }

    /// Everything that a program can see of a tree, by path.
    private func tree(_ root: String) throws -> [String: String] {
        var found: [String: String] = [:]
        var links: [ino_t: [String]] = [:]
        func look(_ path: String, _ shown: String) throws {
            guard let status = BerthImagesTests.status(path) else { throw Vanished(path: path) }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            var line = "\(String(status.st_mode, radix: 8)) \(status.st_uid):\(status.st_gid) \(status.st_rdev)"
            line += " \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
            switch status.st_mode & S_IFMT {
            case S_IFLNK: line += " -> " + (try Run.output(["readlink", path]))
            case S_IFREG:
                line += " \"\(try text(path))\""
                if status.st_nlink > 1 { links[status.st_ino, default: []].append(shown) }
            default: break
            }
            if isDirectory || status.st_mode & S_IFMT == S_IFREG {
                let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
                for name in try attributeNames(file.number)
                where name.hasPrefix("user.") {
                    let value = try ExtendedAttribute.get(name, of: file.number, limit: 100) ?? []
                    line += " \(name)=\(String(decoding: value, as: UTF8.self))"
                }
            }
            if !shown.isEmpty { found[shown] = line }
            guard isDirectory else { return }
            for name in try names(path) { try look("\(path)/\(name)", "\(shown)/\(name)") }
        }
        try look(root, "")
        for group in links.values where group.count > 1 {
            for path in group { found[path, default: ""] += " links \(group.sorted().joined(separator: " "))" }
        }
        return found
    }

    @Test("gives what the kernel's overlay of all of them shows")
    func same() throws {
        let test = try TestStore()
        let image = try test.import(Self.image(), name: "deep")
        #expect(image.layers.count == 70)
        try test.store.flattenImages()
        let flat = try test.store.image("deep")
        #expect(flat.layers.count == 1)
        #expect(flat.configuration == image.configuration)

        // Short names, because mount(2) takes a page of options.
        let merged = "\(test.directory.path)/merged"
        mkdir(merged, 0o700)
        for (index, layer) in image.layers.enumerated() { symlink(layer, "\(test.directory.path)/\(index)") }
        let lower = image.layers.indices.reversed().map { "\($0)" }.joined(separator: ":")
        let script = "cd \(test.directory.path) && mount -t overlay overlay -o ro,lowerdir=\(lower) merged"
        guard (try? Run.output(["sh", "-c", script])) != nil else {
            print("SKIPPED: no overlay may be mounted here")
            return
        }
        defer { umount2(merged, Int32(MNT_DETACH)) }
        let (expected, actual) = (try tree(merged), try tree(flat.layers[0]))
        for path in Set(expected.keys).union(actual.keys).sorted() {
            #expect(actual[path] == expected[path], "\(path)")
        }
        #expect(expected.count > 60)
        #expect(expected["/link"]?.contains("links /d/link /link /linked") == true)
    }

    @Test("is used after a restart, costs hardly any disk, and goes with its image")
    func kept() throws {
        let test = try TestStore()
        try test.import(Self.image(), name: "deep")
        try test.import(TestImage(TarBuilder.tar { $0.file("x") }), name: "shallow")
        try test.store.flattenImages()
        try test.store.flattenImages()
        let flat = try test.store.image("deep")
        #expect(try test.store.image("shallow").layers.count == 1)
        #expect(try ImageStore.reopened(test).image("deep") == flat)
        #expect(try test.store.collect(.unreferencedOnly).isEmpty)
        let use = try test.store.diskUse()
        #expect(try use.blobs + use.layers == du(["\(test.store.root)/blobs", "\(test.store.root)/layers"]))
        _ = try test.store.remove("deep")
        #expect(try names(test.store.layersRoot).count == 1)
    }

    @Test("happens in the background, once such an image is there")
    func background() async throws {
        let test = try TestStore()
        let passes = AsyncStream<Void>.makeStream()
        let collector = try ImageCollector.start(test.store, policy: CollectionPolicy()) { _ in
            passes.continuation.yield()
        }
        var iterator = passes.stream.makeAsyncIterator()
        await iterator.next()
        try test.import(Self.image(), name: "deep")
        await iterator.next()
        #expect(try test.store.image("deep").layers.count == 1)
        withExtendedLifetime(collector) {}
    }
}
