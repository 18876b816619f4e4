import BerthEngine
import BerthModel

extension JSONService {
    static func taskDefinitionOperations(_ engine: Engine) -> [String: JSONOperation] {
        [
            "RegisterTaskDefinition": JSONOperation { (input: RegisterTaskDefinitionRequest, caller) in
                try await engine.registerTaskDefinition(input, principal: caller.principal.arn)
            },
            "DescribeTaskDefinition": JSONOperation { (input: DescribeTaskDefinitionRequest, _) in
                guard let name = input.taskDefinition, !name.isEmpty else {
                    throw ServiceError.invalidParameter("Task definition cannot be empty.")
                }
                var reply = try await engine.describeTaskDefinition(name)
                if input.include?.contains("TAGS") != true { reply.tags = nil }
                return reply
            },
            "ListTaskDefinitions": JSONOperation { (input: ListTaskDefinitionsRequest, _) in
                let page = try await engine.listTaskDefinitions(input)
                return ListTaskDefinitionsReply(taskDefinitionArns: page.items, nextToken: page.nextToken)
            },
        ]
    }
}

private struct DescribeTaskDefinitionRequest: Decodable {
    var taskDefinition: String?
    /// `TAGS`.
    var include: [String]?
}

private struct ListTaskDefinitionsReply: Encodable {
    var taskDefinitionArns: [String]
    var nextToken: String?
}
