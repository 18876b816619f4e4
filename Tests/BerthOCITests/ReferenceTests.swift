import BerthOCI
import Testing

@Suite("An image reference")
struct ReferenceTests {
    static let digest = "sha256:" + String(repeating: "0123456789abcdef", count: 4)

    @Test(
        "is completed as Docker completes it",
        arguments: [
            ("busybox", "docker.io/library/busybox:latest"),
            ("busybox:1.36", "docker.io/library/busybox:1.36"),
            ("library/busybox", "docker.io/library/busybox:latest"),
            ("docker.io/busybox", "docker.io/library/busybox:latest"),
            ("index.docker.io/busybox", "docker.io/library/busybox:latest"),
            ("team/etl", "docker.io/team/etl:latest"),
            ("localhost/etl", "localhost/etl:latest"),
            ("localhost:5000/etl", "localhost:5000/etl:latest"),
            ("localhost:5000/a/b/c:v1", "localhost:5000/a/b/c:v1"),
            ("127.0.0.1:5000/etl", "127.0.0.1:5000/etl:latest"),
            ("[::1]:5000/etl", "[::1]:5000/etl:latest"),
            ("[fe80::1]/etl:x", "[fe80::1]/etl:x"),
            ("Registry/etl", "Registry/etl:latest"),
            ("gcr.io/distroless/static-debian12", "gcr.io/distroless/static-debian12:latest"),
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:7",
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/etl:7"
            ),
            ("a.b_c__d---e", "docker.io/library/a.b_c__d---e:latest"),
            ("busybox:_x.Y-z", "docker.io/library/busybox:_x.Y-z"),
            ("busybox@" + digest, "docker.io/library/busybox@" + digest),
            ("busybox:1@" + digest, "docker.io/library/busybox:1@" + digest),
        ])
    func completes(text: String, full: String) throws {
        #expect(try Reference(text).description == full)
        #expect(try Reference(full).description == full, "a full name reads back as itself")
    }

    @Test(
        "is refused when it breaks the grammar",
        arguments: [
            "", "/", ":", "@", "Busybox", "busybox:", "busybox:.x", "busybox:-x", "busybox:a b", "bus ybox", "busybox/",
            "/busybox", "a//b", "a..b", "a___b", "_a", "a_", "a-", ".a", "a.", "../x", "a/../b", "localhost:/x",
            "localhost:99999/x", "localhost:5x/x", "-a.b/x", "a-.b/x", "a..b/x", "[::1/x", "[x]:5/x", "[::1]5/x",
            "http://a.b/x",
            "busybox@sha256:abc", "busybox@sha512:00", "busybox@", "busybox:" + String(repeating: "a", count: 129),
            String(repeating: "a", count: 250), "a.b/" + String(repeating: "a", count: 255),
            String(repeating: "0123456789abcdef", count: 4), "büsybox", "busy\u{0}box",
        ])
    func refuses(text: String) {
        #expect(throws: Reference.Malformed.self) { try Reference(text) }
    }

    @Test("tells its parts")
    func parts() throws {
        let reference = try Reference("localhost:5000/team/etl:v1@" + Self.digest)
        #expect(reference.domain == "localhost:5000")
        #expect(reference.path == "team/etl")
        #expect(reference.repository == "localhost:5000/team/etl")
        #expect(reference.tag == "v1")
        #expect(reference.digest?.description == Self.digest)
        #expect(try Reference("etl@" + Self.digest).tag == nil)
    }
}
