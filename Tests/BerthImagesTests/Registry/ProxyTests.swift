import Foundation
import Testing

@testable import BerthImages

@Suite("Proxies to registries")
struct ProxyTests {
    private func proxy(_ url: String, _ environment: [String: String]) throws -> String? {
        try RegistryProxies(environment).proxy(for: try #require(URL(string: url))).map { "\($0.host):\($0.port)" }
    }

    @Test("are those of the request's scheme, in either spelling, with or without a scheme of their own")
    func schemes() throws {
        #expect(try proxy("https://a.example/v2/", ["HTTPS_PROXY": "http://p:3128"]) == "p:3128")
        #expect(try proxy("https://a.example/v2/", ["https_proxy": "p:3128"]) == "p:3128")
        #expect(try proxy("https://a.example/v2/", ["HTTPS_PROXY": "", "https_proxy": "http://[::1]:1"]) == "::1:1")
        #expect(try proxy("https://a.example/v2/", ["HTTP_PROXY": "http://p"]) == nil)
        #expect(try proxy("http://a.example/v2/", ["HTTP_PROXY": "http://p"]) == "p:80")
        #expect(try proxy("http://a.example/v2/", ["HTTP_PROXY": "http://p", "REQUEST_METHOD": "GET"]) == nil)
        #expect(try proxy("https://a.example/v2/", [:]) == nil)
    }

    @Test(
        "are not asked for this machine, nor for what NO_PROXY names",
        arguments: [
            ("localhost:5000", "", false), ("127.0.0.2:5000", "", false), ("[::1]:5000", "", false),
            ("a.example", "*", false), ("a.example", "a.example", false), ("b.a.example", "a.example", false),
            ("A.example", "x, .example", false), ("example", ".example", true), ("b.example", "*.example", false),
            ("ba.example", "a.example", true), ("a.example", "a.example:443", false),
            ("a.example:444", "a.example:443", true),
            ("10.1.2.3", "10.0.0.0/8", false), ("11.1.2.3", "10.0.0.0/8", true), ("10.1.2.3:5000", "10.1.2.3", false),
            ("[fd00::1]", "fd00::/8", false), ("[fd00::1]", "fd00::1", false), ("[fd00::1]:5", "[fd00::1]:5", false),
            ("[fe00::1]", "fd00::/8,10.0.0.0/8,a:b", true),
        ])
    func exceptions(host: String, list: String, isProxied: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://p:1", "NO_PROXY": list]
        #expect(try (proxy("https://\(host)/v2/", environment) != nil) == isProxied)
    }

    @Test(
        "of another kind are refused by name, and never quoted",
        arguments: ["socks5://u:secret@h:1", "https://h", "http://"])
    func refused(address: String) throws {
        let error = #expect(throws: ImageError.self) { try RegistryProxies(["HTTPS_PROXY": address]) }
        #expect(error?.message.contains("HTTPS_PROXY") == true)
        #expect(error?.message.contains("secret") == false)
    }
}
