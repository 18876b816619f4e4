import BerthLinux
import BerthOCI
import BerthUnpack
import Glibc
import Testing

@testable import BerthImages

@Suite("A layer", .enabled(if: isRoot, needsRoot))
struct ExtractionTests {
    @Test("keeps kinds, owners, modes, times and contents")
    func attributes() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.directory("opt", mode: 0o2750, uid: 7, gid: 8, mtime: 1_000_000_000)
                tar.file("opt/data", "content", mode: 0o640, uid: 65534, gid: 42)
                tar.file("opt/suid", "x", mode: 0o4755, uid: 5)
                tar.file("opt/unreadable", "x", mode: 0)
                tar.symlink("opt/link", to: "data")
                tar.add("opt/pipe", type: "6", mode: 0o600)
                tar.add("opt/null", type: "3", mode: 0o666, device: (1, 3))
                tar.hardLink("opt/second", to: "opt/data")
                tar.file("implied/parent/file")
            })
        func expect(_ path: String, _ type: mode_t, _ mode: mode_t, _ uid: uid_t = 0, _ gid: gid_t = 0) throws {
            let found = try #require(status("\(layer)/\(path)"), "\(path)")
            #expect(found.st_mode == type | mode, "\(path)")
            #expect(found.st_uid == uid && found.st_gid == gid, "\(path)")
        }
        try expect("opt", S_IFDIR, 0o2750, 7, 8)
        try expect("opt/data", S_IFREG, 0o640, 65534, 42)
        try expect("opt/suid", S_IFREG, 0o4755, 5)
        try expect("opt/unreadable", S_IFREG, 0)
        try expect("opt/link", S_IFLNK, 0o777)
        try expect("opt/pipe", S_IFIFO, 0o600)
        try expect("opt/null", S_IFCHR, 0o666)
        try expect("implied", S_IFDIR, 0o755)
        try expect("implied/parent", S_IFDIR, 0o755)
        #expect(status("\(layer)/opt/null")?.st_rdev == 0x103)
        #expect(status("\(layer)/opt")?.st_mtim.tv_sec == 1_000_000_000, "set after its entries were made")
        #expect(status("\(layer)/opt/data")?.st_mtim.tv_sec == 1_700_000_000)
        #expect(status("\(layer)/opt/link")?.st_mtim.tv_sec == 1_700_000_000)
        #expect(status("\(layer)/opt/second")?.st_ino == status("\(layer)/opt/data")?.st_ino)
        #expect(try text("\(layer)/opt/data") == "content")
    }

    @Test(
        "may end right behind the data of its last file, but not within it", arguments: [TestImage.Form.plain, .gzip])
    func noPadding(form: TestImage.Form) throws {
        let test = try TestStore()
        var tar = TarBuilder()
        tar.file("first", String(repeating: "a", count: 700))
        tar.file("last", String(repeating: "b", count: 600))
        // Two headers, two blocks of the first file, and then what there is of the second.
        func ended(after data: Int) -> [UInt8] { Array(tar.bytes[..<(4 * 512 + data)]) }
        let layer = try test.unpack(ended(after: 600), form: form)
        #expect(try text("\(layer)/last") == String(repeating: "b", count: 600))
        #expect(status("\(layer)/last")?.st_mtim.tv_sec == 1_700_000_000)
        _ = try test.unpack(ended(after: 1024), form: form)
        for count in [1, 511, 512, 599] {
            let error = try #require(throws: ImageError.self) { try test.unpack(ended(after: count), form: form) }
            #expect(error.code == .malformed, "\(count)")
        }
    }

    @Test("keeps names as the bytes they are, long ones too")
    func namesOfEntries() throws {
        let test = try TestStore()
        let long = String(repeating: "long", count: 30) + "/" + String(repeating: "n", count: 200)
        // The same letter composed and decomposed: two files, and neither is normalised into the other.
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.file(long, "long")
                tar.add("pax", data: Array("c".utf8), pax: [("path", Array(composed.utf8))])
                tar.add("pax", data: Array("d".utf8), pax: [("path", Array(decomposed.utf8))])
                tar.add("pax", type: "2", pax: [("path", Array("linked".utf8)), ("linkpath", Array(decomposed.utf8))])
                tar.add("pax", data: Array("raw".utf8), pax: [("path", [0x66, 0xff, 0xfe])])
            })
        #expect(try text("\(layer)/\(long)") == "long")
        let found = try OwnedDescriptor.open(layer, flags: O_RDONLY | O_DIRECTORY).entryNames(layer)
        for name in [Array(composed.utf8), Array(decomposed.utf8), [0x66, 0xff, 0xfe]] {
            #expect(found.contains(name.map { CChar(bitPattern: $0) } + [0]), "\(name)")
        }
        var target = [CChar](repeating: 0, count: 100)
        let count = readlink("\(layer)/linked", &target, 100)
        #expect(target.prefix(max(0, count)).map { UInt8(bitPattern: $0) } == Array(decomposed.utf8))
    }

    @Test("marks whiteouts and opaque directories as overlay wants them")
    func whiteouts() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.file("etc/.wh.gone")
                tar.file("var/.wh..wh..opq")
                tar.file("var/new", "new")
                tar.file("later/sibling", "kept")
                tar.file("later/.wh..wh..opq")
                tar.file(".wh..wh.plnk/123")
                tar.file(".wh..wh.aufs")
            })
        #expect(kind("\(layer)/etc/gone") == S_IFCHR)
        #expect(status("\(layer)/etc/gone")?.st_rdev == 0)
        #expect(kind("\(layer)/etc/.wh.gone") == nil)
        #expect(try attribute("trusted.overlay.opaque", "\(layer)/var") == Array("y".utf8))
        #expect(try attribute("trusted.overlay.opaque", "\(layer)/later") == Array("y".utf8))
        #expect(try text("\(layer)/later/sibling") == "kept", "what the layer itself brings stays, in any order")
        #expect(try names(layer) == ["etc", "later", "var"])
    }

    @Test("hides with a whiteout what lower layers have, never what it brings itself")
    func ownEntries() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.file("file", "own")
                tar.file(".wh.file")
                tar.file(".wh.early")
                tar.file("early", "own")
                tar.file("before/x", "own")
                tar.file(".wh.before")
                tar.file(".wh.after")
                tar.directory("after", mode: 0o700)
                tar.file("after/x", "own")
                tar.file(".wh.implied")
                tar.file("implied/x", "own")
            })
        for name in ["file", "early", "before/x", "after/x", "implied/x"] {
            #expect(try text("\(layer)/\(name)") == "own", "\(name)")
        }
        for name in ["before", "after", "implied"] {
            #expect(try attribute("trusted.overlay.opaque", "\(layer)/\(name)") == Array("y".utf8), "\(name)")
        }
    }

    @Test("replaces what it has brought before, but merges directories")
    func replacing() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.file("file", "first")
                tar.file("file", "second")
                tar.directory("directory", mode: 0o700)
                tar.file("directory/inside")
                tar.directory("directory", mode: 0o711)
                tar.file("tree/deep/inside")
                tar.file("tree", "now a file")
                tar.symlink("link", to: "directory")
                tar.directory("link")
                tar.file("link/inside", "not through the link")
                tar.file("shared", "one")
                tar.hardLink("linked", to: "shared")
                tar.file("shared", "two")
                tar.hardLink("linked", to: "./linked")
            })
        #expect(try text("\(layer)/file") == "second")
        #expect(status("\(layer)/directory").map { $0.st_mode & 0o7777 } == 0o711)
        #expect(kind("\(layer)/directory/inside") == S_IFREG)
        #expect(try text("\(layer)/tree") == "now a file")
        #expect(kind("\(layer)/link") == S_IFDIR)
        #expect(try text("\(layer)/link/inside") == "not through the link")
        #expect(
            try text("\(layer)/linked") == "one", "a hard link keeps the old content when its other name is replaced")
        #expect(try text("\(layer)/shared") == "two")
    }

    @Test("keeps user attributes and capabilities, and drops what speaks to the host or the overlay")
    func extendedAttributes() throws {
        let test = try TestStore()
        // Revision 2, cap_net_raw permitted and effective.
        let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        let yes = Array("y".utf8)
        let pax: [(String, [UInt8])] = [
            ("SCHILY.xattr.user.mine", [0, 1, 255]), ("SCHILY.xattr.security.capability", capability),
            ("SCHILY.xattr.security.selinux", yes), ("SCHILY.xattr.trusted.overlay.opaque", yes),
            ("SCHILY.xattr.trusted.berth.size", yes), ("SCHILY.xattr.user.overlay.opaque", yes),
            ("SCHILY.xattr.trusted.overlay.redirect", Array("/etc".utf8)),
        ]
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.add("ping", mode: 0o755, uid: 3, pax: pax)
                tar.add("directory", type: "5", mode: 0o755, pax: pax)
                tar.add(
                    "revision3",
                    pax: [("SCHILY.xattr.security.capability", [1, 0, 0, 3] + [UInt8](repeating: 0, count: 20))])
            })
        for path in ["ping", "directory"] {
            #expect(try attribute("user.mine", "\(layer)/\(path)") == [0, 1, 255])
            for name in [
                "security.selinux", "trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.berth.size",
                "user.overlay.opaque",
            ] {
                #expect(try attribute(name, "\(layer)/\(path)") == nil, "\(name) of \(path)")
            }
        }
        #expect(
            try attribute("security.capability", "\(layer)/ping") == capability,
            "set after the owner, who takes it away")
        #expect(try attribute("security.capability", "\(layer)/directory") == nil)
        #expect(try attribute("security.capability", "\(layer)/revision3") == nil)
    }

    @Test("keeps the holes of sparse files")
    func sparse() throws {
        let test = try TestStore()
        // GNU sparse format 1.0: the map is the first block of the data.
        let map = Array("2\n0\n5\n1048576\n4\n".utf8)
        let data = map + [UInt8](repeating: 0, count: 512 - map.count) + Array("begin".utf8) + Array("tail".utf8)
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.add(
                    "GNUSparseFile.0/sparse", data: data,
                    pax: [
                        ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                        ("GNU.sparse.name", Array("sparse".utf8)), ("GNU.sparse.realsize", Array("2097152".utf8)),
                    ])
            })
        let found = try #require(status("\(layer)/sparse"))
        #expect(found.st_size == 2_097_152)
        #expect(found.st_blocks < 64)
        let bytes = try SmallFile.readBytes("\(layer)/sparse", limit: 4 << 20)
        #expect(bytes.prefix(5) == Array("begin".utf8)[...])
        #expect(Array(bytes[1_048_576..<1_048_580]) == Array("tail".utf8))
    }

    @Test("may be empty, and may be padded, which its DiffID counts")
    func emptyAndPadded() throws {
        let test = try TestStore()
        #expect(try names(try test.unpack(TarBuilder.tar { _ in })) == [])
        #expect(try names(try test.unpack([UInt8](repeating: 0, count: 10240))) == [])
        let padded = TarBuilder.tar { $0.file("x") } + [UInt8](repeating: 0, count: 3 << 20)
        #expect(try names(try test.unpack(padded)) == ["x"])
    }

    @Test("may be several gzip members or zstd frames")
    func members() throws {
        let test = try TestStore()
        let tar = TarBuilder.tar {
            $0.add("big", data: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
        }
        for compress in [Compressing.gzip, Compressing.zstd] {
            let blob = try compress(Array(tar[..<1_000_000])) + compress(Array(tar[1_000_000...]))
            let path = "\(test.directory.path)/blob"
            try writeFile(path, blob)
            let region = Region(
                file: SharedDescriptor(try OwnedDescriptor.open(path, flags: O_RDONLY)), offset: 0,
                length: Int64(blob.count),
                name: path)
            for bufferSize in [512 << 10, 1000, 7] {
                let stream = DigestStream(
                    try Compression.inflate(
                        RegionStream(region, cancellation: Cancellation(), bufferSize: bufferSize), subject: path),
                    expected: try Documents.digest(of: tar), subject: path)
                try stream.drain()
                #expect(stream.count == tar.count)
            }
        }
    }
}
