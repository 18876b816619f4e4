import BerthLinux
import Foundation
import Glibc
import Logging
import Testing

@testable import BerthEngine

@Suite("The directory of a task that is over")
struct TrashTests {
    private func withDirectories(_ body: (_ tasks: String, _ trash: String) async throws -> Void) async throws {
        let root = FileManager.default.temporaryDirectory.path + "/trash-\(UUID())"
        for name in ["tasks", "trash"] {
            try FileManager.default.createDirectory(atPath: "\(root)/\(name)", withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body(root + "/tasks", root + "/trash")
    }

    private func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
    }

    private func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/upper/deep", withIntermediateDirectories: true)
        try "what it wrote".write(toFile: path + "/upper/deep/file", atomically: false, encoding: .utf8)
    }

    @Test("is out of the way at once, and removed; one that is not there is no error")
    func taken() async throws {
        try await withDirectories { tasks, directory in
            let trash = try Trash(directory, logger: Logger(label: "test"), tracer: nil)
            try make(tasks + "/one")
            trash.take(tasks + "/one", of: "one")
            #expect(try names(tasks).isEmpty)
            trash.take(tasks + "/none", of: "none")
            while try !names(directory).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test("is removed by the next daemon, if the one before did not come to it")
    func left() async throws {
        try await withDirectories { _, directory in
            try make(directory + "/one-1")
            try make(directory + "/two-2")
            let trash = try Trash(directory, logger: Logger(label: "test"), tracer: nil)
            #expect(try names(directory).count == 2)
            trash.takeUp()
            while try !names(directory).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    @Test(
        "is tried again with the next one, if it could not be removed",
        .enabled(if: geteuid() == 0, "SKIPPED: needs root"))
    func failed() async throws {
        try await withDirectories { tasks, directory in
            let trash = try Trash(directory, logger: Logger(label: "test"), tracer: nil)
            try make(tasks + "/one")
            // Nobody may remove what lies in an immutable directory (chattr(1)).
            let stuck = tasks + "/one/upper/deep"
            try setImmutable(stuck, true)
            // It is to be mended also where the test fails before.
            defer {
                for place in [stuck] + ((try? names(directory)) ?? []).map({ "\(directory)/\($0)/upper/deep" }) {
                    try? setImmutable(place, false)
                }
            }
            trash.take(tasks + "/one", of: "one")
            try make(tasks + "/two")
            trash.take(tasks + "/two", of: "two")
            while try names(directory).count > 1 { try await Task.sleep(for: .milliseconds(5)) }
            let moved = try #require(names(directory).first)
            #expect(moved.hasPrefix("one-"))
            try setImmutable("\(directory)/\(moved)/upper/deep", false)
            try make(tasks + "/three")
            trash.take(tasks + "/three", of: "three")
            while try !names(directory).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private func setImmutable(_ path: String, _ isImmutable: Bool) throws {
        let chattr = Process()
        chattr.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
        chattr.arguments = [isImmutable ? "+i" : "-i", path]
        chattr.standardError = FileHandle.nullDevice
        try chattr.run()
        chattr.waitUntilExit()
    }
}
