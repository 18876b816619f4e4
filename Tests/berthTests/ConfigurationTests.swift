import BerthAPI
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
            cgroupRoot: /berth/one
            capacity:
              cpuUnits: 2048
            tasks:
              retentionDays: 7
            """
        var expected = Configuration()
        expected.listen = ListenAddress(host: "::1", port: 0)
        expected.account = "123456789012"
        expected.logLevel = .debug
        expected.shim = "/opt/berth-shim"
        expected.cgroupRoot = "/berth/one"
        expected.capacityCPU = 2048
        expected.retentionDays = 7
        #expect(try ConfigurationFile(text: text, path: "x.yaml").configuration == expected)
    }

    @Test("an empty file sets nothing", arguments: ["", "# nothing\n", "\n\n"])
    func empty(text: String) throws {
        #expect(try ConfigurationFile(text: text, path: "x.yaml").configuration == Configuration())
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
