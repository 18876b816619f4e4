import BerthModel
import Foundation
import Testing

/// Swift Testing has a `Tag` too.
typealias Tag = BerthModel.Tag

/// Definitions for the tests, and changes to them.
enum Definitions {
    static let account = Account(region: "us-east-1", id: "123456789012")

    /// A small definition that Fargate takes.
    static func fargate() -> RegisterTaskDefinitionRequest {
        var request = RegisterTaskDefinitionRequest()
        request.family = "etl"
        request.requiresCompatibilities = ["FARGATE"]
        request.networkMode = "awsvpc"
        request.cpu = "256"
        request.memory = "512"
        request.executionRoleArn = "arn:aws:iam::123456789012:role/execution"
        request.containerDefinitions = [container("app")]
        return request
    }

    /// A small definition of host flavour.
    static func host() -> RegisterTaskDefinitionRequest {
        var request = RegisterTaskDefinitionRequest()
        request.family = "etl"
        var app = container("app")
        app.memory = 128
        request.containerDefinitions = [app]
        return request
    }

    static func container(_ name: String) -> ContainerDefinition {
        var container = ContainerDefinition()
        container.name = name
        container.image = "busybox:1.36"
        return container
    }

    /// The revision that a request becomes.
    static func registered(
        _ request: RegisterTaskDefinitionRequest, under policy: HostPolicy = .strict
    ) throws -> TaskDefinition {
        TaskDefinition(
            try request.validated(under: policy), account: account, revision: 7,
            registeredAt: Date(timeIntervalSince1970: 1_700_000_000),
            registeredBy: "arn:aws:iam::123456789012:root")
    }

    static func awslogs(_ options: [String: String] = [:]) -> LogConfiguration {
        var log = LogConfiguration()
        log.logDriver = "awslogs"
        log.options = ["awslogs-group": "/etl", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "run"]
            .merging(options) { $1 }
        return log
    }

    static func dependency(on name: String, _ condition: String) -> ContainerDependency {
        var dependency = ContainerDependency()
        dependency.containerName = name
        dependency.condition = condition
        return dependency
    }

    static func port(_ container: Int?, host: Int? = nil) -> PortMapping {
        var mapping = PortMapping()
        mapping.containerPort = container
        mapping.hostPort = host
        return mapping
    }
}

extension RegisterTaskDefinitionRequest {
    /// The first container, for changes.
    var app: ContainerDefinition {
        get { containerDefinitions?.first ?? ContainerDefinition() }
        set { containerDefinitions?[0] = newValue }
    }

    func refusal() -> ServiceError? {
        caught { () throws(ServiceError) in try validated() }
    }
}

/// One change of a good request, and the text that it is refused with.
struct Refused<Request>: Sendable, CustomTestStringConvertible {
    var text: String
    var change: @Sendable (inout Request) -> Void

    init(_ text: String, _ change: @escaping @Sendable (inout Request) -> Void) {
        self.text = text
        self.change = change
    }

    var testDescription: String { text }
}
