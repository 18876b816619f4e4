import BerthOCI
import Testing

@Suite("A digest")
struct DigestTests {
    @Test("is sha256 and 64 lower-case hexadecimal digits")
    func accepts() throws {
        let hex = String(repeating: "0123456789abcdef", count: 4)
        let digest = try #require(Digest("sha256:" + hex))
        #expect(digest.hex == hex)
        #expect(digest.description == "sha256:" + hex)
        #expect(Digest(bytes: [UInt8](repeating: 0xa5, count: 32))?.hex == String(repeating: "a5", count: 32))
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "sha256:", "sha256:../../x", "sha256:" + String(repeating: "A", count: 64),
            "sha256:" + String(repeating: "a", count: 63), "sha256:" + String(repeating: "a", count: 65),
            "SHA256:" + String(repeating: "a", count: 64), "sha512:" + String(repeating: "a", count: 64),
            "sha512:" + String(repeating: "a", count: 128), String(repeating: "a", count: 64),
            "sha256:" + String(repeating: "a", count: 63) + "/", "sha256:" + String(repeating: "a", count: 63) + "\n",
            " sha256:" + String(repeating: "a", count: 64), "sha256:" + String(repeating: "é", count: 32),
        ])
    func refuses(text: String) {
        #expect(Digest(text) == nil)
    }

    @Test("of another length than 32 bytes does not exist")
    func length() {
        #expect(Digest(bytes: []) == nil)
        #expect(Digest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    }
}
