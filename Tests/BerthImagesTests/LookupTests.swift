import BerthOCI
import Testing

@testable import BerthImages

@Suite("Looking an image up", .enabled(if: isRoot, needsRoot))
struct LookupTests {
    @Test("works by every way to write its name")
    func everyName() throws {
        let test = try TestStore()
        let image = try test.import(TestImage(TarBuilder.tar { $0.file("x") }), name: "etl:1")
        for name in [
            "etl:1", "library/etl:1", "docker.io/library/etl:1", "\(image.digest)", "etl@\(image.digest)",
            "etl:1@\(image.digest)",
        ] {
            #expect(try test.store.image(name) == image, "\(name)")
        }
        for name in ["etl", "etl:2", "other:1", "other@\(image.digest)", "sha256:" + String(repeating: "0", count: 64)]
        {
            let error = try #require(throws: ImageError.self) { try test.store.image(name) }
            #expect(error.code == .notFound)
            #expect(error.message.contains("berth image import"))
        }
        #expect(throws: ImageError.self) { try test.store.image("Not A Name") }
    }

    @Test("by digest still works when the tag has gone to another image")
    func retagged() throws {
        let test = try TestStore()
        let former = try test.import(TestImage(TarBuilder.tar { $0.file("former") }), name: "etl")
        let current = try test.import(TestImage(TarBuilder.tar { $0.file("current") }), name: "etl")
        #expect(try test.store.image("etl") == current)
        let found = try test.store.image("etl@\(former.digest)")
        #expect(found.layers == former.layers)
        #expect(found.name == "docker.io/library/etl@\(former.digest)")
        #expect(try ImageStore.reopened(test).images().map(\.name) == test.store.images().map(\.name))
    }

    @Test("gives layers above an opaque root alone, which the kernel would not honour")
    func opaqueRoot() throws {
        let test = try TestStore()
        let image = try test.import(
            TestImage(
                TarBuilder.tar { $0.file("hidden") },
                TarBuilder.tar {
                    $0.file(".wh..wh..opq"); $0.file("seen")
                }))
        #expect(image.layers.count == 1)
        #expect(try names(image.layers[0]) == ["seen"])
    }
}
