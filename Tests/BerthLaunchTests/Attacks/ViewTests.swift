import Foundation
import Testing

/// What a task can see, held against the list of what it may see: anything new fails, and is named.
@Suite("The view from inside a task")
struct ViewTests {
    let fixture: LaunchFixture

    init() throws { fixture = try LaunchFixture() }

    @Test("is the list that we allow, and nothing else")
    func view() async throws {
        // A neighbour, of which nothing may be seen.
        let neighbour = try fixture.launcher.launch(try fixture.request(["exec sleep 1000"]))
        for await event in neighbour.events {
            if case .started = event { break }
        }
        defer { neighbour.stop() }
        let seen = try await fixture.lines(of: "view", namespacesOfHost())
        let expected = try ExpectedView(named: "view")
        let strange = seen.filter { !expected.allows($0) }
        #expect(strange.isEmpty, "not in Expected/view.txt:\n\(strange.joined(separator: "\n"))")
        let missing = expected.missing(from: seen)
        #expect(missing.isEmpty, "only in Expected/view.txt:\n\(missing.joined(separator: "\n"))")
    }

    private func namespacesOfHost() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/ns").map {
            try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/\($0)")
        }
    }
}
