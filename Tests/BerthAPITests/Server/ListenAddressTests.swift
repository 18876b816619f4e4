import Testing

@testable import BerthAPI

@Suite("An address to listen on")
struct ListenAddressTests {
    @Test(
        "is read from HOST:PORT",
        arguments: [
            ("127.0.0.1:8466", "127.0.0.1", 8466), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
            ("[::]:65535", "::", 65535),
        ])
    func reads(_ text: String, _ host: String, _ port: Int) throws {
        let address = try ListenAddress(parsing: text)
        #expect(address == ListenAddress(host: host, port: port))
        #expect(address.description == text)
    }

    @Test(
        "is refused otherwise, with the remedy",
        arguments: [
            ("8466", "it has no port"), ("localhost", "it has no port"), (":80", "it has no host"),
            ("a:", "its port is not a number from 0 to 65535"), ("a:65536", "its port is not a number from 0 to 65535"),
            ("a:-1", "its port is not a number from 0 to 65535"), ("::1:80", "an IPv6 address must stand in brackets"),
        ])
    func refuses(_ text: String, _ cause: String) {
        let remedy = "Write HOST:PORT, for example 127.0.0.1:8466 or [::1]:8466."
        #expect(throws: ListenError(address: text, cause: cause, remedy: remedy)) { try ListenAddress(parsing: text) }
    }
}
