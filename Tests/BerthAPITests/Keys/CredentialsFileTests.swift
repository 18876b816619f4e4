import Foundation
import Testing

@testable import BerthAPI

@Suite("The credentials file")
struct CredentialsFileTests {
    /// Runs `body` with a fresh directory, and removes it.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "berth-credentials-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try body(directory)
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("the first start makes a key pair, later starts read it")
    func firstStart() throws {
        try withDirectory { root in
            let file = CredentialsFile(root: root)
            let first = try file.readOrCreate(region: "eu-west-1")
            #expect(first.created)
            #expect(try mode(root + "/credentials") == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["credentials"])
            let second = try file.readOrCreate(region: "us-east-1")
            #expect(!second.created)
            #expect(second.credentials == first.credentials)
            #expect(second.credentials.region == "eu-west-1")
        }
    }

    @Test("a key pair has the shape of AWS's and is never the same twice")
    func shape() {
        let one = Credentials.generate(region: "r")
        #expect(one.accessKeyId.wholeMatch(of: /AKIA[A-Z2-7]{16}/) != nil)
        #expect(one.secretAccessKey.wholeMatch(of: /[A-Za-z0-9+\/]{40}/) != nil)
        #expect(one != Credentials.generate(region: "r"))
    }

    @Test("writing replaces what is there, even a link that a crash or a stranger left beside it")
    func replaces() throws {
        try withDirectory { root in
            let file = CredentialsFile(root: root)
            try FileManager.default.createSymbolicLink(
                atPath: root + "/credentials.new", withDestinationPath: root + "/elsewhere")
            var credentials = Credentials.generate(region: "a")
            try file.write(credentials)
            credentials.region = "b"
            credentials.sessionToken = "t=="
            try file.write(credentials)
            #expect(try file.read() == credentials)
            #expect(try FileManager.default.contentsOfDirectory(atPath: root) == ["credentials"])
        }
    }

    @Test("comments, spaces and other profiles are let stand")
    func reads() throws {
        try withDirectory { root in
            let text = """
                # a comment
                [other]
                region = elsewhere
                [ default ]\r
                ; another
                aws_access_key_id=AKIAX\r
                  aws_secret_access_key  =  a=b
                region = us-east-1
                [last]
                aws_access_key_id = no
                """
            try text.write(toFile: root + "/credentials", atomically: true, encoding: .utf8)
            let expected = Credentials(accessKeyId: "AKIAX", secretAccessKey: "a=b", region: "us-east-1")
            #expect(try CredentialsFile(root: root).read() == expected)
        }
    }

    @Test(
        "a file that cannot be used says why",
        arguments: [
            ("[default]\nregion = x\naws_access_key_id = y", "profile default has no aws_secret_access_key"),
            ("[default]\nnonsense", "line 2 is neither [profile] nor name = value"),
            ("", "profile default has no aws_access_key_id"),
        ])
    func refuses(_ text: String, _ cause: String) throws {
        try withDirectory { root in
            let path = root + "/credentials"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: CredentialsFileError(path: path, cause: cause)) { try CredentialsFile(path: path).read() }
        }
    }

    @Test("the daemon takes no key pair that others could read")
    func openFile() throws {
        try withDirectory { root in
            let file = CredentialsFile(root: root)
            try file.write(.generate(region: "r"))
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
            #expect(throws: CredentialsFileError.self) { try file.readOrCreate(region: "r") }
        }
    }
}
