import BerthOCI
import Glibc
import Testing

@testable import BerthImages

@Suite("A user", .enabled(if: isRoot, needsRoot))
struct UserTests {
    static let passwd = """
        root:x:0:0:root:/root:/bin/sh
        etl:x:1000:1000:ETL:/home/etl:/bin/sh
        1001:x:0:0:a number for a name:/evil:/bin/sh
        broken:x:-1:0::/:
        overflow:x:4294967296:0::/:
        nohome:x:1002:1002:::
        """
    static let group = """
        root:x:0:
        etl:x:1000:
        data:x:2000:etl,other
        logs:x:2001:other,etl
        2002:x:0:
        """
    static let base = TarBuilder.tar { tar in
        tar.file("etc/passwd", passwd)
        tar.file("etc/group", group)
    }

    private func image(_ layers: [UInt8]...) throws -> (TestStore, StoredImage) {
        let test = try TestStore()
        var image = TestImage()
        image.layers = layers
        return (test, try test.import(image))
    }

    @Test("is found as Docker finds it")
    func found() throws {
        let (test, image) = try image(Self.base)
        for (specification, expected) in [
            ("", ImageUser(uid: 0, gid: 0, additionalGids: [0], home: "/root")),
            ("root", ImageUser(uid: 0, gid: 0, additionalGids: [0], home: "/root")),
            ("0", ImageUser(uid: 0, gid: 0, additionalGids: [0], home: "/root")),
            ("etl", ImageUser(uid: 1000, gid: 1000, additionalGids: [1000, 2000, 2001], home: "/home/etl")),
            ("1000", ImageUser(uid: 1000, gid: 1000, additionalGids: [1000, 2000, 2001], home: "/home/etl")),
            ("etl:data", ImageUser(uid: 1000, gid: 2000, additionalGids: [2000], home: "/home/etl")),
            ("etl:5", ImageUser(uid: 1000, gid: 5, additionalGids: [5], home: "/home/etl")),
            ("77:data", ImageUser(uid: 77, gid: 2000, additionalGids: [2000], home: "/")),
            ("77", ImageUser(uid: 77, gid: 0, additionalGids: [0], home: "/")),
            ("77:78", ImageUser(uid: 77, gid: 78, additionalGids: [78], home: "/")),
            ("1001", ImageUser(uid: 1001, gid: 0, additionalGids: [0], home: "/")),
            ("1001:2002", ImageUser(uid: 1001, gid: 2002, additionalGids: [2002], home: "/")),
            ("4294967294:4294967294", ImageUser(uid: .max - 1, gid: .max - 1, additionalGids: [.max - 1], home: "/")),
            ("nohome", ImageUser(uid: 1002, gid: 1002, additionalGids: [1002], home: "/")),
        ] {
            #expect(try test.store.user(specification, in: image) == expected, "\(specification)")
        }
    }

    @Test(
        "is refused when it breaks the grammar or is not there",
        arguments: [
            "4294967295", "4294967296", "18446744073709551616", "-1", "+0", "0x0", "0X10", " 0", "0 ", "1000:", ":1000",
            ":", "a:b:c",
            "0:-1", "0:4294967295", "etl:0x0", "nobody", "etl:nobody", "broken", "overflow", "ro ot", "röot", "../etl",
            "etl\n", "-etl",
            "٠", String(repeating: "a", count: 300),
        ])
    func refused(specification: String) throws {
        let (test, image) = try image(Self.base)
        let error = try #require(throws: ImageError.self) { try test.store.user(specification, in: image) }
        #expect(error.code == .invalidUser)
    }

    @Test("without account files is a number or root")
    func noFiles() throws {
        let (test, image) = try image(TarBuilder.tar { $0.file("x") })
        #expect(try test.store.user("", in: image) == ImageUser(uid: 0, gid: 0, additionalGids: [0], home: "/"))
        #expect(try test.store.user("5:6", in: image).gid == 6)
        #expect(throws: ImageError.self) { try test.store.user("root", in: image) }
    }

    @Test("is looked up in the highest layer that has the file, and not behind a whiteout or opaque directory")
    func layers() throws {
        func user(_ name: String, over: [UInt8]...) throws -> UInt32? {
            let test = try TestStore()
            var image = TestImage()
            image.layers = [Self.base] + over
            let stored = try test.import(image)
            return try? test.store.user(name, in: stored).uid
        }
        #expect(try user("etl", over: TarBuilder.tar { $0.file("etc/hosts") }) == 1000)
        #expect(try user("etl", over: TarBuilder.tar { $0.file("etc/passwd", "etl:x:5:5::/:") }) == 5)
        #expect(try user("root", over: TarBuilder.tar { $0.file("etc/passwd", "etl:x:5:5::/:") }) == nil)
        #expect(try user("etl", over: TarBuilder.tar { $0.file("etc/.wh.passwd") }) == nil)
        #expect(try user("etl", over: TarBuilder.tar { $0.file(".wh.etc") }) == nil)
        #expect(try user("etl", over: TarBuilder.tar { $0.file("etc/.wh..wh..opq") }) == nil)
        #expect(try user("etl", over: TarBuilder.tar { $0.file(".wh..wh..opq") }) == nil)
        #expect(try user("etl", over: TarBuilder.tar { $0.file("etc", "a file") }) == nil)
        #expect(
            try user("etl", over: TarBuilder.tar { $0.file(".wh.etc") }, TarBuilder.tar { $0.file("etc/x") }) == nil)
    }

    @Test("is looked up through links that stay in the image, and never out of it")
    func links() throws {
        func user(_ build: (inout TarBuilder) -> Void) throws -> UInt32? {
            let (test, stored) = try image(Self.base, TarBuilder.tar(build))
            return try? test.store.user("etl", in: stored).uid
        }
        let own = "etl:x:7:7::/:"
        #expect(
            try user {
                $0.file("lib/passwd", own); $0.symlink("etc/passwd", to: "/lib/passwd")
            } == 7)
        #expect(
            try user {
                $0.file("lib/passwd", own); $0.symlink("etc/passwd", to: "../../../lib/passwd")
            } == 7)
        #expect(
            try user {
                $0.file("usr/etc/passwd", own); $0.symlink("etc", to: "usr/etc")
            } == 7)
        #expect(try user { $0.symlink("etc/passwd", to: "passwd") } == nil)
        #expect(try user { $0.symlink("etc/passwd", to: "/proc/self/fd/0") } == nil)
        let test = try TestStore()
        try writeFile(test.victim, Array(own.utf8))
        let stored = try test.import(TestImage(Self.base, TarBuilder.tar { $0.symlink("etc/passwd", to: test.victim) }))
        #expect(throws: ImageError.self) { try test.store.user("etl", in: stored) }
    }

    @Test("is not waited for, nor read without end")
    func specialFiles() throws {
        for build in [
            { (tar: inout TarBuilder) in tar.add("etc/passwd", type: "6") },
            { $0.add("etc/passwd", type: "3", device: (1, 5)) },
            { $0.add("etc/passwd", data: .init(repeating: 0x61, count: (1 << 20) + 1)) },
            { $0.add("etc/group", type: "6") },
        ] {
            let (test, stored) = try image(Self.base, TarBuilder.tar(build))
            let error = try #require(throws: ImageError.self) { try test.store.user("root", in: stored) }
            #expect(error.code == .unsafe || error.code == .limitExceeded, "\(error)")
            #expect(error.message.contains("etc/"))
        }
    }
}
