import BerthOCI
import Foundation
import Testing

@testable import BerthImages

@Suite("What a registry client reads")
struct RegistryValueTests {
    @Test("Challenges are read whole, whatever their order and quoting")
    func challenges() {
        let bearer = AuthenticationChallenge.parse(
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
        )
        #expect(
            bearer == [
                AuthenticationChallenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    ])
            ])
        let both = AuthenticationChallenge.parse(#"BASIC realm=x, Bearer REALM="a \"b\"""#)
        #expect(both.map(\.scheme) == ["basic", "bearer"])
        #expect(both.last?.parameters == ["realm": #"a "b""#])
        #expect(AuthenticationChallenge.parse("Negotiate, Basic").map(\.scheme) == ["negotiate", "basic"])
        #expect(AuthenticationChallenge.parse(#"Bearer realm="open"#) == [], "a string without an end")
        #expect(AuthenticationChallenge.parse("") == [])
    }

    @Test("Retry-After is seconds or a date")
    func retryAfter() {
        let now = Date(timeIntervalSince1970: 784_111_777)
        #expect(RetryAfter.parse("120", now: now) == .seconds(120))
        #expect(RetryAfter.parse(" 0 ", now: now) == .seconds(0))
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:50:07 GMT", now: now) == .seconds(30))
        #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == .seconds(0), "has passed")
        #expect(RetryAfter.parse("soon", now: now) == nil)
        #expect(RetryAfter.parse("-1", now: now) == nil)
    }

    @Test("A pause is never shorter than what the registry asks for, and ends in giving up")
    func pauses() {
        var policy = RetryPolicy()
        policy.attempts = 3
        let fault = RegistryFault(.throttled, "", isTransient: true, retryAfter: .seconds(7))
        #expect(policy.pause(before: 2, after: fault) == .seconds(7))
        #expect(policy.pause(before: 4, after: fault) == nil, "after the third try")
        let plain = RegistryFault(.unreachable, "", isTransient: true)
        for attempt in 2...3 {
            let pause = policy.pause(before: attempt, after: plain) ?? .zero
            #expect(pause >= policy.firstPause / 2 && pause <= policy.longestPause)
        }
        #expect(policy.pause(before: 2, after: RegistryFault(.unauthorized, "")) == nil)
        let endless = RegistryFault(.throttled, "", isTransient: true, retryAfter: .seconds(86_400))
        #expect(policy.pause(before: 2, after: endless) == nil, "nobody waits a day")
        #expect(endless.error(attempts: 1).message.contains("86400 s"))
    }

    @Test(
        "Loopback is told by its name",
        arguments: [
            ("localhost", true), ("localhost:5000", true), ("127.0.0.1:5000", true), ("127.8.9.10", true),
            ("[::1]:5000", true),
            ("127.0.0.1.example.com", false), ("localhost.example.com", false), ("128.0.0.1", false),
            ("docker.io", false),
            ("127.0.0.300", false), ("[::2]:5000", false),
        ])
    func loopback(domain: String, expected: Bool) throws {
        #expect(RegistryLocation(try Reference("\(domain)/a")).isLoopback == expected)
    }

    @Test("Mirrors come before the registry, with their paths")
    func mirrors() throws {
        var settings = RegistrySettings()
        settings.mirrors["docker.io"] = ["mirror:5000/hub", "second"]
        let locations = settings.locations(of: try Reference("busybox"))
        #expect(
            locations.map(\.description) == [
                "mirror:5000/hub/library/busybox", "second/library/busybox", "docker.io/library/busybox",
            ])
        #expect(locations.map(\.host) == ["mirror:5000", "second", "registry-1.docker.io"])
        #expect(settings.locations(of: try Reference("quay.io/a/b")).count == 1)
    }

    @Test("Credentials are found as docker, podman and skopeo write them")
    func credentials() throws {
        let file = try DockerConfiguration(
            Array(
                """
                {"auths": {
                  "https://index.docker.io/v1/": {"auth": "\(Data("hub:a:b".utf8).base64EncodedString())"},
                  "registry.example.com": {"username": "u", "password": "p"},
                  "registry.example.com/team": {"auth": "\(Data("team:t\0\0".utf8).base64EncodedString())"},
                  "azure.example.com": {"auth": "", "identitytoken": "refresh"},
                  "empty.example.com": {}},
                 "credHelpers": {"ecr.example.com": "ecr-login"}, "credsStore": ""}
                """.utf8), path: "config.json")
        #expect(
            file.credentials(domain: "docker.io", repository: "library/a") == .init(username: "hub", password: "a:b"))
        #expect(
            file.credentials(domain: "registry.example.com", repository: "x") == .init(username: "u", password: "p"))
        #expect(
            file.credentials(domain: "registry.example.com", repository: "team/x/y")
                == .init(username: "team", password: "t"))
        #expect(
            file.credentials(domain: "registry.example.com", repository: "teams/x")
                == .init(username: "u", password: "p"))
        #expect(file.credentials(domain: "azure.example.com", repository: "a")?.identityToken == "refresh")
        #expect(file.credentials(domain: "empty.example.com", repository: "a") == nil)
        #expect(file.credentials(domain: "registry.example.com:5000", repository: "a") == nil, "another registry")
        #expect(
            file.helperNote(domain: "ecr.example.com", repository: "a")?.contains("docker-credential-ecr-login") == true
        )
        #expect(file.helperNote(domain: "docker.io", repository: "a") == nil)
        #expect("\(file.credentials(domain: "docker.io", repository: "library/a") as Any)".contains("a:b") == false)
        let damaged = try #require(throws: ImageError.self) {
            try DockerConfiguration(Array(#"{"auths": "geheim"}"#.utf8), path: "config.json")
        }
        #expect(!damaged.message.contains("geheim") && damaged.message.contains("config.json"))
    }
}
