import BerthLaunch
import Foundation
import Glibc
import Testing

@Suite("A file that is bound into a container")
struct BoundFileTests {
    let fixture: LaunchFixture

    init() throws {
        fixture = try LaunchFixture()
        try Data("the task's\n".utf8).write(to: URL(filePath: "\(fixture.root)/hosts"))
        try FileManager.default.setAttributes(
            [.ownerAccountID: 1_000_000, .groupOwnerAccountID: 1_000_000, .posixPermissions: 0o644],
            ofItemAtPath: "\(fixture.root)/hosts")
    }

    private func output(
        _ script: String, readOnly: Bool = false, change: (inout ContainerLaunch) throws -> Void = { _ in }
    ) async throws -> String {
        var request = try fixture.request([script])
        // As the engine has it: below the directory that the root file system is attached to.
        let source = "\(request.directory)/containers/c0/hosts"
        try FileManager.default.linkItem(atPath: "\(fixture.root)/hosts", toPath: source)
        request.containers[0].files = [
            BoundFile(path: "/etc/hosts", source: source, readOnly: readOnly)
        ]
        try change(&request.containers[0])
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0), "\(record.containers[0])")
        #expect(try fixture.hostMounts.isEmpty)
        return try fixture.output(request)
    }

    private var content: String {
        get throws { try String(contentsOfFile: "\(fixture.root)/hosts", encoding: .utf8) }
    }

    @Test("is there, also where the image has no such file or directory, and its root may write to it")
    func plain() async throws {
        #expect(
            try await output("cat /etc/hosts; echo more >>/etc/hosts; cat /etc/hosts")
                == "the task's\nthe task's\nmore\n")
        #expect(try content == "the task's\nmore\n")
        #expect(try await output("rm /etc/hosts 2>/dev/null || echo kept") == "kept\n")
    }

    @Test("is there in a read-only root file system, and read-only there")
    func readOnly() async throws {
        let text = try await output("(echo x >>/etc/hosts) 2>/dev/null || cat /etc/hosts", readOnly: true) {
            $0.readonlyRootFilesystem = true
        }
        #expect(text == "the task's\n")
        #expect(try content == "the task's\n")
    }

    /// A host's mounts are mostly shared: what a task's own would be then, it would make on the host.
    @Test("hears of nothing that is mounted on the host, and tells of nothing, where the host shares its mounts")
    func shared() async throws {
        let place = "\(fixture.root)/shared"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try #require(mount("none", place, "tmpfs", 0, nil) == 0)
        defer { umount2(place, Int32(MNT_DETACH)) }
        try #require(mount(nil, place, nil, UInt(MS_SHARED), nil) == 0)
        try Data("shared\n".utf8).write(to: URL(filePath: "\(place)/hosts"))
        var request = try fixture.request(["cat /etc/hosts; grep -c -e shared: -e master: /proc/self/mountinfo; true"])
        request.containers[0].files = [BoundFile(path: "/etc/hosts", source: "\(place)/hosts", readOnly: false)]
        let record = try #require(try await fixture.run(request).record)
        #expect(record.containers[0].status == .code(0), "\(record.containers[0])")
        #expect(try fixture.output(request) == "shared\n0\n")
    }

    /// Where the image has a link in its place, nothing that the link leads to is touched.
    @Test(
        "takes the place of a link in the image",
        arguments: ["/tmp/other", "/none", "hosts", "/proc/self/mem", "../../../../etc/passwd", "/"])
    func link(target: String) async throws {
        let layer = try fixture.layer("links") { layer in
            try FileManager.default.createDirectory(atPath: "\(layer)/etc", withIntermediateDirectories: true)
            try FileManager.default.createDirectory(atPath: "\(layer)/tmp", withIntermediateDirectories: true)
            try Data("other\n".utf8).write(to: URL(filePath: "\(layer)/tmp/other"))
            try FileManager.default.createSymbolicLink(atPath: "\(layer)/etc/hosts", withDestinationPath: target)
        }
        let before = try Data(contentsOf: URL(filePath: "/etc/passwd"))
        let text = try await output("cat /etc/hosts; echo more >/etc/hosts; cat /tmp/other") {
            $0.layers.append(layer)
        }
        #expect(text == "the task's\nother\n")
        #expect(try content == "more\n")
        #expect(try Data(contentsOf: URL(filePath: "/etc/passwd")) == before)
    }

    @Test(
        "is below a directory that is a link in the image, inside its root", arguments: ["/usr/etc", "../../usr/etc"])
    func linkedDirectory(target: String) async throws {
        let layer = try fixture.layer("other") { layer in
            try FileManager.default.createDirectory(atPath: "\(layer)/usr/etc", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: "\(layer)/etc", withDestinationPath: target)
        }
        #expect(
            try await output("cat /etc/hosts /usr/etc/hosts") { $0.layers.append(layer) } == "the task's\nthe task's\n")
    }

    @Test(
        "leaves the kernel's own directories alone, wherever a link of the image leads",
        arguments: ["/proc", "/dev", "/sys"])
    func kernelDirectories(target: String) async throws {
        let layer = try fixture.layer("other") { layer in
            try FileManager.default.createDirectory(atPath: layer + target, withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(atPath: "\(layer)/etc", withDestinationPath: target)
        }
        let text = try await output("ls \(target)/hosts 2>/dev/null || echo none") { $0.layers.append(layer) }
        #expect(text == "none\n")
    }

    @Test("stops the launch with a sentence where the image has a directory in its place")
    func directory() async throws {
        let layer = try fixture.layer("directory") { layer in
            try FileManager.default.createDirectory(atPath: "\(layer)/etc/hosts", withIntermediateDirectories: true)
        }
        var request = try fixture.request(["true"]) { $0.layers.append(layer) }
        request.containers[0].files = [
            BoundFile(path: "/etc/hosts", source: "\(fixture.root)/hosts", readOnly: false)
        ]
        let failure = try #require(try await fixture.run(request).record?.containers[0].failure)
        #expect(failure.description == "cannot bind a mount at /etc/hosts: Invalid argument")
    }
}
