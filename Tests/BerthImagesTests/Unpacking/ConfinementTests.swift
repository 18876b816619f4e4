import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage
import Testing

@testable import BerthImages

@Suite("What unpacks a layer", .enabled(if: isRoot, needsRoot))
struct ConfinementTests {
    @Test(
        "reaches no file but those of its layer",
        arguments: [
            ("open the host's passwd", Errno.noSuchFileOrDirectory),
            ("climb out of the root", .noSuchFileOrDirectory),
            ("climb out from a descriptor", .noSuchFileOrDirectory),
            ("climb out by a link", .noSuchFileOrDirectory),
            ("climb out from the blob", .notDirectory),
            ("write the blob", .badFileDescriptor),
            ("use another descriptor", .badFileDescriptor),
            ("open a device", .permissionDenied),
            // No file, but refused by an errno as well: those numbers reach the same calls on another way.
            ("use another architecture's numbers", .noFunction),
        ])
    func files(what: String, error: Errno) throws {
        #expect(try UnpackFixture().attempt(what) == error)
    }

    @Test(
        "dies of any call that has nothing to do with files",
        arguments: [
            "run a program", "start a process", "start a process, newly", "fork", "make a socket", "signal the daemon",
            "trace", "read another's memory", "mount", "make a namespace", "join a namespace", "change the root",
            "open by handle", "load a BPF program", "set io_uring up", "use a keyring", "become another user",
            "map memory to execute", "make memory executable",
        ])
    func calls(what: String) throws {
        let error = try #require(throws: ImageError.self) { try UnpackFixture().attempt(what) }
        #expect(error.code == .unsafe && error.message.contains("may not do"), "\(error)")
    }

    @Test("is bounded in memory and in the length of a file")
    func bounds() throws {
        #expect(try UnpackFixture().attempt("do nothing") == Errno(rawValue: 0))
        #expect(try UnpackFixture().attempt("take 100 MiB") == .noMemory)
        var limits = LayerLimits()
        limits.maximumFileBytes = 1 << 20
        #expect(try UnpackFixture().attempt("write a file beyond its limit", limits: limits) == .fileTooLarge)
    }

    @Test("holds no more than it needs, as the kernel tells it")
    func holds() throws {
        let fixture = try UnpackFixture()
        let blob = GrowingBlob(file: try fixture.file([]), length: 0, name: "test")
        let attempt = try fixture.start(blob)
        defer { blob.fail(ImageError(.storage, "enough")) }
        try until("it is confined") { try fixture.process() != nil }
        let process = try #require(try fixture.process())

        let status = try text("/proc/\(process)/status").split(separator: "\n")
        func value(_ key: String) -> String? {
            status.first { $0.hasPrefix(key + ":") }.map { String($0.dropFirst(key.count + 1).drop { $0 == "\t" }) }
        }
        // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SYS_ADMIN, MKNOD, SETFCAP: bits 0, 1, 3, 4, 21, 27, 31.
        #expect(value("CapEff") == "000000008820001b" && value("CapPrm") == value("CapEff"))
        #expect(value("CapBnd") == value("CapEff"))
        #expect(value("CapInh") == "0000000000000000" && value("CapAmb") == value("CapInh"))
        #expect(value("NoNewPrivs") == "1" && value("Threads") == "1")

        for namespace in ["mnt", "net", "ipc", "uts", "cgroup"] {
            #expect(try link("/proc/\(process)/ns/\(namespace)") != link("/proc/self/ns/\(namespace)"))
        }
        let mounts = try text("/proc/\(process)/mountinfo").split(separator: "\n")
        #expect(mounts.count == 1 && mounts.first?.contains("nosuid,nodev,noexec") == true)
        // Its channel and its blob; at this point it has opened nothing else.
        let descriptors = try names("/proc/\(process)/fd")
        #expect(descriptors.filter { (try? link("/proc/\(process)/fd/\($0)"))?.hasPrefix("socket:") == true } == ["3"])
        #expect(Set(descriptors).isSubset(of: ["0", "1", "2", "3", "5"]))
        #expect(try text("/proc/\(process)/environ") == "")

        blob.fail(ImageError(.storage, "enough"))
        let error = try #require(throws: ImageError.self) { try attempt.value() }
        #expect(error.message == "enough")
        #expect(try fixture.process() == nil)
    }

    @Test("says so when it is killed, and nothing of it lives on")
    func killed() throws {
        let fixture = try UnpackFixture()
        let attempt = try fixture.start(GrowingBlob(file: try fixture.file([]), length: 0, name: "test"))
        try until("it is confined") { try fixture.process() != nil }
        kill(try #require(try fixture.process()), SIGKILL)
        let error = try #require(throws: ImageError.self) { try attempt.value() }
        #expect(error.code == .storage && error.message.contains("killed"), "\(error)")
        #expect(try fixture.process() == nil)
    }

    @Test("dies with the thread that waits for it, and so with the daemon")
    func orphaned() throws {
        let fixture = try UnpackFixture()
        let program = SharedDescriptor(try OwnedDescriptor.open(try UnpackFixture.built("intruder"), flags: O_RDONLY))
        let blob = try fixture.file([1])
        let started = try Started { () throws(ImageError) in
            let request = UnpackRequest(
                parent: getpid(), filter: try UnpackFixture.filter(), diffID: try Documents.digest(of: []),
                blobDigest: nil, offset: 0, length: 1, isComplete: true, subject: "wait", limits: LayerLimits())
            let copy = try storing { () throws(LinuxError) in try blob.descriptor.copy() }
            let process = try UnpackerProcess(
                request, program: program, workspace: fixture.workspace.number, blob: copy)
            // Earlier it may not have bound itself to this thread yet.
            for _ in 0..<30_000 where (try? fixture.process()) == nil { usleep(1000) }
            return Leaked(process: process)
        }
        let process = try started.value().process
        // Nothing but the end of its thread ends it: what it waits for never comes.
        let error = try #require(throws: ImageError.self) {
            try process.attend(to: nil, cancellation: Cancellation())
        }
        #expect(error.message.contains("killed"), "\(error)")
    }

    @Test("is stopped when the import is given up")
    func cancelled() throws {
        let fixture = try UnpackFixture()
        let cancellation = Cancellation()
        let attempt = try fixture.start(
            GrowingBlob(file: try fixture.file([]), length: 0, name: "test"), cancellation: cancellation)
        try until("it is confined") { try fixture.process() != nil }
        cancellation.cancel()
        #expect(throws: ImageError.self) { try attempt.value() }
        #expect(try fixture.process() == nil)
    }

    @Test("says what is missing when its program is not there")
    func missing() throws {
        let fixture = try UnpackFixture()
        let layer = PendingLayer(
            diffID: try Documents.digest(of: []), blobDigest: nil,
            region: Region(file: try fixture.file([]), offset: 0, length: 0, name: "test"))
        let error = try #require(throws: ImageError.self) {
            try Unpacker(path: "/nowhere/berth-unpack").unpack(
                layer, limits: LayerLimits(), in: fixture.workspace, cancellation: Cancellation())
        }
        #expect(error.message.contains("/nowhere/berth-unpack") && error.message.contains("install"), "\(error)")
    }
}

/// Handed from one thread to the next, never used by both.
private struct Leaked: @unchecked Sendable {
    let process: UnpackerProcess
}

private func link(_ path: String) throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count)
    try #require(count > 0, "\(path) is a link")
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
