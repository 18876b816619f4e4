import BerthAPI
import BerthLaunch
import BerthModel
import Foundation
import Testing

@testable import berth

@Suite("The configuration file")
struct ConfigurationTests {
    /// Config/berth.yaml of the project.
    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Config/berth.yaml").path

    @Test("Config/berth.yaml names every key, each with the default of the code")
    func shippedFileShowsDefaults() throws {
        let file = try ConfigurationFile(path: Self.shipped)
        #expect(file.configuration == Configuration())
        #expect(file.keys == Set(ConfigurationKey.all.map(\.name)))
    }

    @Test("a key that is set changes its member and no other")
    func setsMembers() throws {
        let text = """
            listen: "[::1]:0"
            account: "123456789012"
            logLevel: debug
            shim: /opt/berth-shim
            unpacker: /opt/berth-unpack
            cgroupRoot: /berth/one
            capacity:
              cpuUnits: 2048
            tasks:
              retentionDays: 7
              parked: 2
              userNamespace: keep-id:uid=1000,gid=1001
              allowedCapabilities: SYS_PTRACE, NET_ADMIN
            images:
              limits:
                entries: 1000
                ratioFreeMiB: 3
            """
        var expected = Configuration()
        expected.listen = ListenAddress(host: "::1", port: 0)
        expected.account = "123456789012"
        expected.logLevel = .debug
        expected.shim = "/opt/berth-shim"
        expected.unpacker = "/opt/berth-unpack"
        expected.cgroupRoot = "/berth/one"
        expected.capacityCPU = 2048
        expected.retentionDays = 7
        expected.parkedSandboxes = 2
        expected.userNamespace = .keepID(try #require(KeptIDs(uid: 1000, gid: 1001)))
        expected.allowedCapabilities = .only(["SYS_PTRACE", "NET_ADMIN"])
        expected.imageLimits.maximumEntries = 1000
        expected.imageLimits.ratioFreeBytes = 3 << 20
        #expect(try ConfigurationFile(text: text, path: "x.yaml").configuration == expected)
    }

    @Test("an empty file sets nothing", arguments: ["", "# nothing\n", "\n\n"])
    func empty(text: String) throws {
        #expect(try ConfigurationFile(text: text, path: "x.yaml").configuration == Configuration())
    }

    @Test(
        "a user namespace is podman's auto or keep-id with both ids, and never the host's",
        arguments: [
            "", "host", "keep-id", "keep-id:", "keep-id:uid=1000", "keep-id:uid=1000,gid=", "keep-id:gid=1,uid=1",
            "keep-id:uid=0,gid=0", "keep-id:uid=1000,gid=0", "keep-id:uid=65534,gid=1", "keep-id:uid=+1,gid=1",
            "keep-id:uid=1000,gid=1000,size=2", "keep-id:uid=4294967296,gid=1", "nomap",
        ])
    func userNamespaces(text: String) {
        #expect(UserNamespace(parsing: text) == nil)
        #expect(UserNamespace(parsing: "auto")?.keptIDs == nil)
    }

    @Test("allowed capabilities are ECS's names, all, or none")
    func capabilities() {
        typealias Allowed = HostPolicy.AllowedCapabilities
        #expect(Allowed(parsing: "") == .only([]))
        #expect(Allowed(parsing: "ALL") == .all)
        #expect(Allowed(parsing: "NET_ADMIN, ALL") == .all)
        #expect(Allowed(parsing: "NET_ADMIN,SYS_TIME") == .only(["NET_ADMIN", "SYS_TIME"]))
        for text in ["net_admin", "CAP_NET_ADMIN", "NET_ADMIN;SYS_TIME", "EVERYTHING"] {
            #expect(Allowed(parsing: text) == nil, "\(text)")
        }
    }

    @Test(
        "a fault is told with file, line and remedy",
        arguments: [
            ("root: /a\nlisen: 1\n", "x.yaml:2: unknown key \"lisen\"; known here: root, listen,"),
            ("capacity:\n  cpu: 1\n", "x.yaml:2: unknown key \"capacity.cpu\"; known here: cpuUnits, memoryMiB"),
            ("\n\nlisten: nowhere\n", "x.yaml:3: listen is \"nowhere\", but must be HOST:PORT, such as 127.0.0.1:8466"),
            ("account: 12\n", "x.yaml:1: account is \"12\", but must be twelve digits in quotes"),
            ("tasks:\n  processes: many\n", "x.yaml:2: tasks.processes is \"many\", but must be a number from 1 to"),
            ("tasks:\n  retentionDays: 0\n", "x.yaml:2: tasks.retentionDays is \"0\", but must be a number from 1 to"),
            ("tasks:\n  parked: 65\n", "x.yaml:2: tasks.parked is \"65\", but must be a number from 0 to 64"),
            (
                "tasks:\n  userNamespace: host\n",
                "x.yaml:2: tasks.userNamespace is \"host\", but must be auto, or keep-id:uid=UID,gid=GID with ids from 1"
            ),
            (
                "tasks:\n  allowedCapabilities: CAP_ALL\n",
                "x.yaml:2: tasks.allowedCapabilities is \"CAP_ALL\", but must be names such as SYS_PTRACE,NET_ADMIN"
            ),
            ("root: [a]\n", "x.yaml:1: root is a list or section, but must be an absolute path"),
            ("root: relative\n", "x.yaml:1: root is \"relative\", but must be an absolute path"),
            ("- a\n", "x.yaml:1: expected \"key: value\" lines"),
            ("tasks: 3\n", "x.yaml:1: expected \"key: value\" lines below tasks"),
            ("root: /a\nroot: /b\n", "x.yaml:1: root stands here twice; remove one"),
            ("root: \"\n", "x.yaml:2: found unexpected end of stream"),
        ])
    func faults(text: String, message: String) throws {
        let failure = #expect(throws: CommandFailure.self) { try ConfigurationFile(text: text, path: "x.yaml") }
        #expect(failure?.description.hasPrefix(message) == true, "\(failure?.description ?? "nothing")")
    }
}
