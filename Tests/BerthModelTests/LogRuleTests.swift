import BerthModel
import Testing

@Suite("The log configuration of a container")
struct LogRuleTests {
    private func refusal(
        _ options: [String: String?], of base: RegisterTaskDefinitionRequest = Definitions.fargate()
    ) -> String? {
        var request = base
        request.app.logConfiguration = Definitions.awslogs()
        for (key, value) in options { request.app.logConfiguration?.options?[key] = value }
        return request.refusal()?.message
    }

    @Test("with every option that awslogs takes passes")
    func good() {
        #expect(refusal([:]) == nil)
        #expect(
            refusal([
                "awslogs-create-group": "true", "awslogs-datetime-format": "%Y", "mode": "non-blocking",
                "max-buffer-size": "25m",
            ]) == nil)
        #expect(refusal(["awslogs-stream-prefix": nil], of: Definitions.host()) == nil)
    }

    @Test(
        "is refused as AWS words it",
        arguments: [
            (["awslogs-group": nil], "Log driver awslogs requires options: awslogs-group"),
            (["awslogs-region": nil], "Log driver awslogs requires options: awslogs-region"),
            (["awslogs-endpoint": "x", "a": "b"], "Log driver awslogs disallows options: a, awslogs-endpoint"),
            (
                ["awslogs-stream-prefix": nil],
                "Fargate requires log configuration options to include awslogs-stream-prefix"
            ),
            (["mode": "fast"], "Invalid 'mode' setting: 'fast'. Must be one of [blocking, non-blocking]"),
            (
                ["awslogs-create-group": "yes"],
                "Invalid 'awslogs-create-group' setting: 'yes'. Must be one of [true, false]"
            ),
            (
                ["awslogs-datetime-format": "%Y", "awslogs-multiline-pattern": "^x"],
                "Log driver awslogs takes awslogs-datetime-format or awslogs-multiline-pattern, not both."
            ),
            (
                ["max-buffer-size": "lots"],
                "Invalid log option max-buffer-size 'lots': use a number with k, m or g, for example 25m."
            ),
        ] as [([String: String?], String)])
    func bad(options: [String: String?], text: String) {
        #expect(refusal(options) == text)
    }

    @Test("of another driver is refused on Fargate with the drivers it takes")
    func driver() {
        var request = Definitions.fargate()
        request.app.logConfiguration = LogConfiguration()
        request.app.logConfiguration?.logDriver = "json-file"
        #expect(
            request.refusal()?.message
                == "json-file is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]")
        request = Definitions.host()
        request.app.logConfiguration = LogConfiguration()
        request.app.logConfiguration?.logDriver = "json-file"
        #expect(request.refusal() == nil)
    }

    @Test("names the stream by prefix, container and task")
    func stream() throws {
        let options = try #require(AwslogsOptions(Definitions.awslogs(["awslogs-create-group": "true"])))
        #expect(options.group == "/etl")
        #expect(options.region == "us-east-1")
        #expect(options.createsGroup)
        #expect(options.streamName(container: "app", taskID: "0123") == "run/app/0123")
        #expect(AwslogsOptions(nil) == nil)
    }
}
