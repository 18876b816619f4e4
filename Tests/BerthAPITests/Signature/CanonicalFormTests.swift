import Testing

@testable import BerthAPI

@Suite("The canonical form of a request")
struct CanonicalFormTests {
    private func lines(path: Substring = "/", query: Substring = "") -> [String] {
        let request = CanonicalRequest(method: "GET", path: path, query: query, headers: [], payloadHash: "h")
        return String(decoding: request.bytes(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test(
        "the path is resolved and encoded once more",
        arguments: [
            ("", "/"), ("/", "/"), ("//", "/"), ("/..", "/"), ("/a/", "/a/"), ("/a//b", "/a/b"), ("/a/./b", "/a/b"),
            ("/a/../b", "/b"), ("/%2F", "/%252F"), ("/a b", "/a%20b"), ("/a+b", "/a%2Bb"), ("/~-._", "/~-._"),
            ("/é", "/%C3%A9"), ("/a%", "/a%25"),
        ])
    func path(_ raw: String, _ canonical: String) {
        #expect(lines(path: raw[...])[1] == canonical)
    }

    @Test(
        "the query is sorted by name, then value, and encoded one way",
        arguments: [
            ("", ""), ("b=1&a=2", "a=2&b=1"), ("a=2&a=1", "a=1&a=2"), ("a", "a="), ("a=b=c", "a=b%3Dc"),
            ("a=x+y", "a=x%20y"), ("a=x%20y", "a=x%20y"), ("a=%7e", "a=~"), ("a=%zz%4", "a=%25zz%254"),
            ("B=1&a=1", "B=1&a=1"), ("ab=1&a=2", "a=2&ab=1"), ("&&a=1&", "a=1"),
            ("X-Amz-Signature=00&X-Amz-Date=d", "X-Amz-Date=d"),
        ])
    func query(_ raw: String, _ canonical: String) {
        #expect(lines(query: raw[...])[2] == canonical)
    }

    @Test("values of one header are joined with a comma, each trimmed, runs of spaces made one")
    func headers() {
        let request = CanonicalRequest(
            method: "GET", path: "/", query: "", headers: [("b", [" x ", "y\t  z"]), ("a", [])], payloadHash: "h")
        #expect(String(decoding: request.bytes(), as: UTF8.self) == "GET\n/\n\nb:x,y z\na:\n\nb;a\nh")
    }
}

@Suite("Moments in a signature")
struct AmzTimeTests {
    @Test("both forms name the same second")
    func forms() {
        let basic = AmzTime(basic: "20240229T120001Z")
        #expect(basic?.seconds == 1_709_208_001)
        #expect(AmzTime(http: "Thu, 29 Feb 2024 12:00:01 GMT") == basic)
        #expect(AmzTime(seconds: 1_709_208_001).text == "20240229T120001Z")
        #expect(basic?.day == "20240229")
    }

    @Test(
        "what is no moment is refused",
        arguments: [
            "", "20230229T000000Z", "20240101T246060Z", "20240101T000000", "2024010aT000000Z", "-0240101T000000Z",
        ])
    func refuses(_ text: String) {
        #expect(AmzTime(basic: text) == nil)
        #expect(AmzTime(http: text) == nil)
    }
}
