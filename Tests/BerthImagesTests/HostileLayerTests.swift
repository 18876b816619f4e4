import BerthLinux
import BerthOCI
import Glibc
import Testing

@testable import BerthImages

/// Each layer ends in a named error or a harmless tree, and never touches the file beside the store.
@Suite("A hostile layer", .enabled(if: isRoot, needsRoot))
struct HostileLayerTests {
    /// A layer is unpacked at store/staging/<random>/root.
    static let wayOut = "../../../../victim"

    private func refused(_ build: (inout TarBuilder) -> Void) throws -> ImageError {
        try TestStore().refusal(TestImage(TarBuilder.tar(build)))
    }

    @Test(
        "cannot climb out by its names", arguments: ["../victim", "a/../../victim", "..", "a/..", wayOut, "/../victim"])
    func dotDot(name: String) throws {
        let error = try refused { $0.file(name, "owned") }
        #expect(error.code == .unsafe)
        #expect(error.message.contains(".."))
    }

    @Test("with absolute names stays inside")
    func absolute() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar {
                $0.file(test.victim, "owned"); $0.file("//etc/./passwd", "inside")
            })
        #expect(try text("\(layer)\(test.victim)") == "owned")
        #expect(try text("\(layer)/etc/passwd") == "inside")
        #expect(try text(test.victim) == "untouched")
    }

    @Test("has no names too long or too deep")
    func longNames() throws {
        #expect(try refused { $0.file(String(repeating: "n", count: 256)) }.code == .limitExceeded)
        #expect(try refused { $0.file((0..<600).map { _ in "0123456" }.joined(separator: "/")) }.code == .limitExceeded)
        #expect(try refused { $0.file((0..<1000).map { _ in "d" }.joined(separator: "/")) }.code == .limitExceeded)
    }

    @Test("has no empty name")
    func emptyName() throws {
        let error = try refused { $0.file("", "x") }
        #expect(error.code == .unsafe || error.code == .malformed)
    }

    @Test("writes through no link out of it")
    func throughLinks() throws {
        let test = try TestStore()
        for target in ["..", "../../../..", test.directory.path, "/", "/proc/self/root", "/proc/self/cwd"] {
            var image = TestImage(
                TarBuilder.tar { tar in
                    tar.symlink("way", to: target)
                    tar.file("way/victim", "owned")
                    tar.file("way\(test.victim)", "owned")
                })
            image.referenceName = "hostile"
            // A link that leads nowhere inside the layer is refused; one that leads to the layer's root is harmless.
            _ = try? test.import(image)
            #expect(try text(test.victim) == "untouched", "by \(target)")
        }
        #expect(try names(test.directory.path) == ["layout", "store", "victim"])
    }

    @Test("may go through links that stay inside")
    func insideLinks() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.directory("usr/bin")
                tar.symlink("bin", to: "usr/bin")
                tar.symlink("absolute", to: "/usr/bin")
                tar.symlink("climbing", to: "../../../usr")
                tar.file("bin/one", "1")
                tar.file("absolute/two", "2")
                tar.file("climbing/bin/three", "3")
                tar.hardLink("bin/four", to: "absolute/one")
                tar.directory("bin/directory", mode: 0o711)
            })
        #expect(try names("\(layer)/usr/bin") == ["directory", "four", "one", "three", "two"])
        #expect(status("\(layer)/usr/bin/directory").map { $0.st_mode & 0o7777 } == 0o711)
    }

    @Test("deletes nothing through a link")
    func whiteoutThroughLink() throws {
        let test = try TestStore()
        _ = try? test.import(
            TestImage(
                TarBuilder.tar { tar in
                    tar.symlink("way", to: "/")
                    tar.file("way/.wh.victim")
                    tar.file("way\(test.directory.path)/.wh.victim")
                    tar.file("way/.wh..wh..opq")
                }))
        #expect(try text(test.victim) == "untouched")
    }

    @Test("links to nothing outside, and to no directory")
    func hardLinks() throws {
        for target in [Self.wayOut, "/etc/passwd", "later"] {
            let error = try refused { tar in
                tar.hardLink("link", to: target)
                tar.file("later")
            }
            #expect(error.code == .unsafe || error.code == .malformed, "\(target)")
            #expect(error.message.contains("link"))
        }
        #expect(
            try refused { tar in
                tar.directory("directory")
                tar.hardLink("link", to: "directory")
            }.code == .unsafe)
        for target in ["/", ".", ".wh.x"] { #expect(try refused { $0.hardLink("link", to: target) }.code == .unsafe) }
    }

    @Test("may link to a symbolic link, which is not followed")
    func hardLinkToLink() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.symlink("link", to: test.victim)
                tar.hardLink("second", to: "link")
                tar.file("second", "owned")
            })
        #expect(kind("\(layer)/link") == S_IFLNK)
        #expect(try text("\(layer)/second") == "owned")
        #expect(try text(test.victim) == "untouched")
    }

    @Test("changes no file's mode or owner through a link it puts in a directory's place")
    func directoryReplacedByLink() throws {
        let test = try TestStore()
        let before = try #require(status(test.directory.path))
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.directory("swap", mode: 0o777, uid: 1234, gid: 1234)
                tar.directory("swap/inner", mode: 0o777, uid: 1234, gid: 1234)
                tar.file("swap/file")
                tar.symlink("swap", to: test.directory.path)
                tar.symlink("chmod", to: test.victim)
            })
        #expect(kind("\(layer)/swap") == S_IFLNK)
        let after = try #require(status(test.directory.path))
        #expect(after.st_mode == before.st_mode && after.st_uid == before.st_uid)
        #expect(status(test.victim).map { $0.st_mode & 0o777 } == 0o644)
    }

    @Test("cannot make its root anything but a directory", arguments: [".", "./", "/", "//."])
    func root(name: String) throws {
        let test = try TestStore()
        #expect(
            try test.refusal(TestImage(TarBuilder.tar { $0.symlink(name, to: test.directory.path) })).code == .unsafe)
        #expect(try refused { $0.add(name, type: "3", device: (1, 3)) }.code == .unsafe)
        #expect(try refused { $0.hardLink(name, to: "x") }.code == .unsafe)
    }

    @Test("cannot set its root's owner or mode")
    func rootAttributes() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar {
                $0.directory("./", mode: 0o4777, uid: 5, gid: 5); $0.file("x")
            })
        let found = try #require(status(layer))
        #expect(found.st_mode & 0o7777 == 0o755 && found.st_uid == 0)
    }

    @Test("has device nodes only as data, and makes no whiteouts of its own")
    func devices() throws {
        let test = try TestStore()
        let layer = try test.unpack(
            TarBuilder.tar { tar in
                tar.add("disk", type: "4", mode: 0o660, device: (8, 0))
                tar.add("whiteout", type: "3", device: (0, 0))
                tar.add("pipe", type: "6")
            })
        #expect(kind("\(layer)/disk") == S_IFBLK)
        #expect(kind("\(layer)/whiteout") == nil)
        #expect(kind("\(layer)/pipe") == S_IFIFO)
        #expect(status(test.store.layersRoot).map { $0.st_mode & 0o7777 } == 0o700, "nobody else can open the nodes")
    }

    @Test("has no whiteout of nothing", arguments: [".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh.."])
    func bareWhiteouts(name: String) throws {
        #expect(try refused { $0.file(name) }.code == .malformed)
    }

    @Test("has nothing below a whiteout")
    func belowWhiteout() throws {
        #expect(try refused { $0.file(".wh.a/b") }.code == .malformed)
        #expect(
            try refused { tar in
                tar.file("a")
                tar.file("a/b")
            }.code == .unsafe)
    }

    @Test("is bounded in entries, bytes and file sizes")
    func bounds() throws {
        var limits = LayerLimits()
        limits.maximumEntries = 10
        limits.maximumBytes = 100_000
        limits.maximumFileBytes = 10_000
        func refused(_ build: (inout TarBuilder) -> Void) throws -> ImageError {
            try TestStore(limits: limits).refusal(TestImage(TarBuilder.tar(build)))
        }
        #expect(try refused { tar in for index in 0..<11 { tar.file("f\(index)") } }.message.contains("10 entries"))
        #expect(
            try refused { tar in for index in 0..<11 { tar.add("f\(index)", data: .init(repeating: 0, count: 9_999)) } }
                .code == .limitExceeded)
        #expect(try refused { $0.add("big", data: .init(repeating: 0, count: 10_001)) }.message.contains("big"))
    }

    @Test("has a gzip bomb stopped at the limit")
    func bomb() throws {
        var limits = LayerLimits()
        limits.maximumBytes = 1 << 20
        let error = try TestStore(limits: limits).refusal(
            TestImage(TarBuilder.tar { $0.add("zeros", data: .init(repeating: 0, count: 8 << 20)) }))
        #expect(error.code == .limitExceeded)
    }

    @Test(
        "inflates to no more than so many times its size, beyond what is free", arguments: [TestImage.Form.gzip, .zstd])
    func ratio(form: TestImage.Form) throws {
        var limits = LayerLimits()
        limits.maximumRatio = 20
        limits.ratioFreeBytes = 1 << 20
        var image = TestImage(TarBuilder.tar { $0.add("zeros", data: .init(repeating: 0, count: 8 << 20)) })
        image.form = form
        let error = try TestStore(limits: limits).refusal(image)
        #expect(error.code == .limitExceeded)
        #expect(error.message.contains("20 times its size"))
        limits.ratioFreeBytes = 9 << 20
        #expect(throws: Never.self) { try TestStore(limits: limits).import(image) }
    }

    @Test("has no headers without end before an entry", arguments: ["g", "x"] as [Character])
    func endlessHeaders(type: Character) throws {
        // Enough for the stack of any thread, should each call the reader again.
        let error = try refused { tar in
            for _ in 0..<50_000 { tar.add("header", type: type) }
            tar.file("f")
        }
        #expect(error.code == .limitExceeded || error.code == .malformed, "\(error)")
    }

    @Test("has no data behind the end of a sparse file")
    func behindTheEnd() throws {
        let map = Array("1\n4398046511104\n1\n".utf8)
        let error = try refused { tar in
            tar.add(
                "sparse", data: map + [UInt8](repeating: 0, count: 512 - map.count) + [1],
                pax: [
                    ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                    ("GNU.sparse.realsize", Array("10".utf8)),
                ])
        }
        #expect(error.code == .malformed)
        #expect(error.message.contains("behind its end"))
    }

    @Test("is bounded in extended attributes: in bytes of all, and in names of a file")
    func attributes() throws {
        var limits = LayerLimits()
        limits.maximumAttributeBytes = 10_000
        let value = [UInt8](repeating: 0x61, count: 1_000)
        let error = try TestStore(limits: limits).refusal(
            TestImage(
                TarBuilder.tar { tar in
                    for index in 0..<11 { tar.add("f\(index)", pax: [("SCHILY.xattr.user.a", value)]) }
                }))
        #expect(error.code == .limitExceeded)
        #expect(error.message.contains("extended attributes"))
        let names = (0..<400).map { ("SCHILY.xattr.user.\($0)" + String(repeating: "n", count: 200), [UInt8]()) }
        #expect(try refused { $0.add("f", pax: names) }.message.contains("extended attribute"))
    }

    @Test("has sane owners")
    func owners() throws {
        let test = try TestStore()
        let error = try test.refusal(
            TestImage(TarBuilder.tar { $0.add("x", pax: [("uid", Array("4294967295".utf8))]) }))
        #expect(error.code == .malformed)
        let layer = try test.unpack(TarBuilder.tar { $0.add("x", pax: [("uid", Array("4294967294".utf8))]) })
        #expect(status("\(layer)/x")?.st_uid == 4_294_967_294)
    }

    @Test("built deeper than its names through links is removed all the same")
    func deepTree() throws {
        let test = try TestStore()
        let step = (0..<100).map { _ in "d" }.joined(separator: "/")
        let error = try test.refusal(
            TestImage(
                TarBuilder.tar { tar in
                    var base = ""
                    for index in 0..<12 {
                        tar.directory("\(base)\(step)")
                        tar.symlink("l\(index)", to: "/\(base)\(step)")
                        base = "l\(index)/"
                    }
                    tar.file("../end")
                }))
        #expect(error.code == .unsafe)
    }

    @Test("has its strange names escaped in messages")
    func messages() throws {
        let error = try refused { $0.file("\u{1b}[2J/../x") }
        #expect(!error.message.unicodeScalars.contains("\u{1b}"))
    }

    @Test("has the directories counted that its names imply", arguments: [(10, true), (11, false)])
    func impliedDirectories(limit: Int, isRefused: Bool) throws {
        var limits = LayerLimits()
        limits.maximumEntries = limit
        let test = try TestStore(limits: limits)
        // Eight directories that no entry is for, and three files.
        let image = TestImage(
            TarBuilder.tar { tar in
                tar.file("a/b/c/d/file")
                tar.file("e/f/g/h/file")
                tar.file("file")
            })
        guard isRefused else {
            #expect(try test.import(image).layers.count == 1)
            return
        }
        let error = try test.refusal(image)
        #expect(error.code == .limitExceeded)
        #expect(error.message.contains("more than 10 entries"))
    }
}
