import Foundation
import Testing

@testable import berth

@Suite("The root directory and its manager")
struct RootDirectoryTests {
    private let directory = URL(filePath: NSTemporaryDirectory()).appending(path: "berth-\(UUID().uuidString)").path

    @Test("is made with those above it, for its owner alone, and may be there already")
    func makes() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/a/b"
        for _ in 0..<2 {
            #expect(try RootDirectory(preparing: path).path.hasSuffix("/a/b"))
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    }

    @Test("that is a file is refused")
    func refusesFile() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try Data().write(to: URL(filePath: directory))
        let failure = #expect(throws: CommandFailure.self) { try RootDirectory(preparing: directory) }
        #expect(failure?.description.contains(directory) == true)
    }

    @Test("names the cgroups, so that two daemons never meet")
    func cgroups() {
        let configuration = Configuration()
        #expect(configuration.defaultCgroupRoot(of: "/var/lib/berth") == "/berth/var-lib-berth")
        #expect(
            configuration.defaultCgroupRoot(of: "/srv/berth") != configuration.defaultCgroupRoot(of: "/var/lib/berth"))
    }
}
