import BerthOCI
import Glibc
import Testing

@testable import BerthImages

/// A read-only overlay of an image's layers, unmounted when the test lets go of it.
private final class Overlay {
    let path: String

    init?(_ image: StoredImage, at path: String) {
        self.path = path
        mkdir(path, 0o700)
        let layers = image.layers.reversed().joined(separator: ":")
        guard mount("overlay", path, "overlay", UInt(MS_RDONLY), "lowerdir=\(layers)") == 0 else { return nil }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

@Suite("The kernel's overlay of an image", .enabled(if: isRoot, needsRoot))
struct OverlayTests {
    @Test("shows what the layers mean, and the account files we read are the ones it shows")
    func merged() throws {
        let test = try TestStore()
        let image = try test.import(
            TestImage(
                TarBuilder.tar { tar in
                    tar.file("etc/passwd", "etl:x:1:1::/:")
                    tar.file("gone", "1")
                    tar.file("replaced/by/nothing", "1")
                    tar.file("opaque/old", "1")
                    tar.file("recreated/old", "1")
                    tar.file("kept/old", "1")
                },
                TarBuilder.tar { tar in
                    tar.file(".wh.gone")
                    tar.file(".wh.replaced")
                    tar.file("opaque/new", "2")
                    tar.file("opaque/.wh..wh..opq")
                    tar.file(".wh.recreated")
                    tar.file("recreated/new", "2")
                    tar.file("kept/new", "2")
                    tar.symlink("etc/passwd", to: "../lib/passwd")
                },
                TarBuilder.tar { $0.file("lib/passwd", "etl:x:3:3::/:") }))
        guard let overlay = Overlay(image, at: "\(test.directory.path)/merged") else {
            print("SKIPPED: no overlay may be mounted here")
            return
        }
        #expect(try names(overlay.path) == ["etc", "kept", "lib", "opaque", "recreated"])
        #expect(try names("\(overlay.path)/opaque") == ["new"])
        #expect(try names("\(overlay.path)/recreated") == ["new"])
        #expect(try names("\(overlay.path)/kept") == ["new", "old"])
        #expect(try text("\(overlay.path)/etc/passwd").hasPrefix("etl:x:3"))
        #expect(try test.store.user("etl", in: image).uid == 3)
    }
}
