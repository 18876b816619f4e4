import BerthModel
import Testing

@Suite("Dependencies between containers")
struct DependencyRuleTests {
    /// Containers by name, each with what it waits for; those in `helpers` are not essential.
    private func refusal(_ dependencies: [(String, [(String, String)])], helpers: Set<String> = []) -> String? {
        var request = Definitions.fargate()
        request.containerDefinitions = dependencies.map { name, waits in
            var container = Definitions.container(name)
            container.essential = !helpers.contains(name)
            container.dependsOn = waits.map { Definitions.dependency(on: $0.0, $0.1) }
            return container
        }
        return request.refusal()?.message
    }

    @Test("pass when every container can come to its turn")
    func good() {
        #expect(refusal([("a", []), ("b", [("a", "START")]), ("c", [("a", "START"), ("b", "START")])]) == nil)
        #expect(refusal([("init", []), ("app", [("init", "SUCCESS")])], helpers: ["init"]) == nil)
        #expect(refusal([("init", []), ("app", [("init", "COMPLETE")])], helpers: ["init"]) == nil)
    }

    @Test("must exist")
    func missing() {
        #expect(refusal([("a", [("z", "START")])]) == "Cannot depend on container z because it does not exist")
    }

    @Test("cannot wait for the end of an essential container", arguments: ["SUCCESS", "COMPLETE"])
    func essential(condition: String) {
        #expect(
            refusal([("a", []), ("b", [("a", condition)])])
                == "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
    }

    @Test("cannot wait for the health of what has no check")
    func healthy() {
        #expect(
            refusal([("a", []), ("b", [("a", "HEALTHY")])])
                == "A dependency container with HEALTHY condition must have health check configured")
    }

    @Test("cannot go round")
    func cycles() {
        #expect(refusal([("a", [("a", "START")])])?.contains("cycle: a -> a") == true)
        let three = [("a", [("b", "START")]), ("b", [("c", "START")]), ("c", [("a", "START")])]
        #expect(refusal(three)?.contains("cycle: a -> b -> c -> a") == true)
    }
}
