import BerthModel
import Foundation

/// What the benchmarks work on: a nightly ETL job as a data team would define it.
public enum Samples {
    public static let account = Account(region: "us-east-1", id: "123456789012")

    /// A definition of two containers, one of which waits for the other.
    public static func definition() throws -> TaskDefinition {
        let request = try JSONDecoder().decode(RegisterTaskDefinitionRequest.self, from: Data(registration.utf8))
        return TaskDefinition(
            try request.validated(), account: account, revision: 12,
            registeredAt: Date(timeIntervalSince1970: 1_700_000_000), registeredBy: "arn:aws:iam::123456789012:root")
    }

    /// A RunTask call as an SDK sends it: overrides, tags and a network.
    public static let runTask = Data(
        """
        {"cluster":"nightly","taskDefinition":"etl:12","count":1,"launchType":"FARGATE","startedBy":"airflow",
        "enableECSManagedTags":true,"propagateTags":"TASK_DEFINITION",
        "networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-0a1b2c3d"],"securityGroups":["sg-0123abcd"],
        "assignPublicIp":"DISABLED"}},
        "overrides":{"containerOverrides":[{"name":"load","command":["python","-m","etl.load","--day","2026-11-21"],
        "environment":[{"name":"DAY","value":"2026-11-21"},{"name":"SOURCE","value":"s3://raw/events/2026/11/21"},
        {"name":"ATTEMPT","value":"1"}]}]},
        "tags":[{"key":"team","value":"growth"},{"key":"dag","value":"events_daily"},{"key":"run","value":"4711"}]}
        """.utf8)

    private static let registration = """
        {"family":"etl","cpu":"1024","memory":"2048","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],
        "executionRoleArn":"arn:aws:iam::123456789012:role/execution",
        "containerDefinitions":[
        {"name":"fetch","image":"registry.example.com/etl:2026.11","essential":false,"cpu":256,"memory":512,
        "command":["python","-m","etl.fetch"],"environment":[\(variables("FETCH"))],
        "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/etl/nightly",
        "awslogs-region":"us-east-1","awslogs-stream-prefix":"run"}}},
        {"name":"load","image":"registry.example.com/etl:2026.11","cpu":768,"memory":1536,"stopTimeout":60,
        "command":["python","-m","etl.load"],"workingDirectory":"/srv/etl","user":"1000:1000",
        "environment":[\(variables("LOAD"))],"dependsOn":[{"containerName":"fetch","condition":"SUCCESS"}],
        "ulimits":[{"name":"nofile","softLimit":65536,"hardLimit":65536}],
        "linuxParameters":{"initProcessEnabled":true,"capabilities":{"drop":["NET_RAW"]}},
        "logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"/etl/nightly",
        "awslogs-region":"us-east-1","awslogs-stream-prefix":"run"}}}]}
        """

    private static func variables(_ prefix: String) -> String {
        (1...12).map { #"{"name":"\#(prefix)_SETTING_\#($0)","value":"s3://warehouse/events/part-\#($0)/current"}"# }
            .joined(separator: ",")
    }
}
