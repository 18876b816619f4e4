import BerthOCI
import Testing

@testable import BerthImages

@Suite("Values of the registry inside")
struct RepositoryValueTests {
    @Test(
        "a repository's name is what ECR takes",
        arguments: [
            ("ab", true), ("a/b", true), ("team/etl-job_x.y", true), ("a__b/c--d", true), ("a", false), ("", false),
            ("A/b", false), ("a//b", false), ("/ab", false), ("ab/", false), ("a..b", false), ("../ab", false),
            ("a___b", false), ("-ab", false), ("a b", false), ("a\u{0}b", false), ("ä/b", false),
            (String(repeating: "a", count: 256), true), (String(repeating: "a", count: 257), false),
        ])
    func names(_ text: String, _ isName: Bool) {
        #expect((RepositoryName(text) != nil) == isName)
    }

    @Test("a manifest is named by a digest or a tag, and by nothing between")
    func references() throws {
        let digest = "sha256:" + String(repeating: "0a", count: 32)
        #expect(ManifestReference(digest) == .digest(try #require(Digest(digest))))
        #expect(ManifestReference("v1.2_x-Y") == .tag("v1.2_x-Y"))
        for text in ["", "sha256:", digest.uppercased(), digest + "0", ".v1", "-v1", "a/b", "a:b", "..", "v\n"] {
            #expect(ManifestReference(text) == nil, "\(text)")
        }
    }

    @Test(
        "a tag is immutable by the repository's mode and its exceptions",
        arguments: [
            (TagMutability(mode: .mutable), "v1", false), (TagMutability(mode: .immutable), "v1", true),
            (TagMutability(mode: .immutableWithExclusion, exclusions: ["latest", "dev-*"]), "latest", false),
            (TagMutability(mode: .immutableWithExclusion, exclusions: ["latest", "dev-*"]), "dev-7", false),
            (TagMutability(mode: .immutableWithExclusion, exclusions: ["latest", "dev-*"]), "my-dev-7", true),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["v*.*"]), "v1.0", true),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["v*.*"]), "v1", false),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["*a*b*"]), "xxaxxaxxbxx", true),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["*ab"]), "aab", true),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["*ab"]), "aba", false),
            (TagMutability(mode: .mutableWithExclusion, exclusions: ["**"]), "x", true),
        ])
    func mutability(_ mutability: TagMutability, _ tag: String, _ isImmutable: Bool) {
        #expect(mutability.isImmutable(tag) == isImmutable)
    }

    @Test("a star in a pattern costs no more than the product of the lengths")
    func stars() {
        let pattern = String(repeating: "a*", count: 64) + "b"
        let mutability = TagMutability(mode: .mutableWithExclusion, exclusions: [pattern])
        #expect(!mutability.isImmutable(String(repeating: "a", count: 128)))
    }

    @Test("references that mean this registry, by each of its names, and those that do not")
    func own() throws {
        let own = OwnRegistry(account: "000000000000", region: "eu-west-1", further: ["Registry.Example.com"])
        own.listens(host: "127.0.0.1", port: 8466)
        for text in [
            "127.0.0.1:8466/team/etl:v1", "localhost:8466/team/etl:v1", "[::1]:8466/team/etl:v1",
            "registry.example.com/team/etl:v1", "000000000000.dkr.ecr.eu-west-1.amazonaws.com/team/etl:v1",
        ] {
            let found = try #require(own.localReference(try Reference(text)), "\(text)")
            #expect(found.repository == RepositoryName("team/etl"))
            #expect(found.manifest == .tag("v1"))
        }
        for text in [
            "team/etl:v1", "127.0.0.1:8467/team/etl", "127.0.0.1/team/etl", "localhost/team/etl",
            "000000000001.dkr.ecr.eu-west-1.amazonaws.com/team/etl", "docker.io/team/etl",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/etl",
        ] {
            #expect(own.localReference(try Reference(text)) == nil, "\(text)")
        }
        #expect(own.names.first == "registry.example.com")
    }

    @Test("of a tag and a digest the digest counts, and without either it is latest")
    func digests() throws {
        let own = OwnRegistry(account: "000000000000", region: "us-east-1")
        own.listens(host: "0.0.0.0", port: 80, hostnames: ["box"])
        let digest = try #require(Digest(hex: String(repeating: "1", count: 64)))
        let both = own.localReference(try Reference("localhost:80/ab:v1@\(digest)"))
        #expect(both?.manifest == .digest(digest))
        #expect(own.localReference(try Reference("box:80/ab"))?.manifest == .tag("latest"))
        // No client can connect to the address that stands for all of them.
        #expect(own.localReference(try Reference("0.0.0.0:80/ab")) == nil)
    }

    @Test(
        "JSON that two readers take for two documents is told from JSON that all take for one",
        arguments: [
            (#"{"layers":[],"config":{}}"#, false), (#"{"layers":[],"layers":[]}"#, true),
            (#"{"layers":[],"Layers":[]}"#, true), (#"{"LAYERS":[]}"#, true), (#"{"layer\u0073":[]}"#, true),
            (#"{"layerſ":[]}"#, true), (#"{"config":{"digest":"a","size":1},"layers":[{"digest":"b"}]}"#, false),
            (#"{"config":{"digest":"a","Digest":"b"}}"#, true), (#"{"layers":[{"size":1},{"size":1,"size":2}]}"#, true),
            (#"{"annotations":{"a":"1","A":"2","ä":"\u0041"}}"#, false), (#"{"annotations":{"a":"1","a":"2"}}"#, true),
            (#"{"annotations":{"Layers":"x","digest":"y"}}"#, false), (#"{"x":"\"layers\":","y":"{\"x\":1"}"#, false),
            (#"{"x":"a\\","X":1}"#, true), (#"[{"a":1},{"a":1}]"#, false), (#"{"a":{"a":{"a":1}}}"#, false),
            (#"{"other":1,"Other":2}"#, true), ("{}", false), ("\"", false), ("{\"a\\", true), ("}}]]", false),
        ])
    func ambiguity(_ text: String, _ isAmbiguous: Bool) {
        #expect((UnambiguousJSON.fault(in: Array(text.utf8)) != nil) == isAmbiguous)
    }
}
