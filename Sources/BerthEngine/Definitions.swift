import BerthModel
import BerthStore
import Foundation

extension Engine {
    /// `principal` is the caller's ARN, kept as `registeredBy`.
    public func registerTaskDefinition(
        _ request: RegisterTaskDefinitionRequest, principal: String
    ) async throws -> TaskDefinitionResponse {
        let request = try request.validated(under: configuration.hostPolicy)
        let account = configuration.account
        let tags = request.tags ?? []
        let now = Date()
        defer { knownDefinitions.forgetAll() }
        let definition = try await store.write { writer in
            try writer.addDefinition(family: request.family ?? "", tags: tags) { revision in
                TaskDefinition(
                    request, account: account, revision: revision, registeredAt: now, registeredBy: principal)
            }
        }
        return TaskDefinitionResponse(taskDefinition: definition, tags: tags)
    }

    /// `name` is `family`, `family:revision` or an ARN.
    public func describeTaskDefinition(_ name: String) async throws -> TaskDefinitionResponse {
        let missing = ServiceError.unableToDescribeTaskDefinition
        let name = try TaskDefinitionName(name, account: configuration.account, notFound: missing)
        guard let found = try await store.read({ try $0.definition(family: name.family, revision: name.revision) })
        else {
            throw missing
        }
        return found
    }

    /// ARNs by family and revision; `familyPrefix` is, as on AWS, the whole name of a family.
    public func listTaskDefinitions(_ request: ListTaskDefinitionsRequest) async throws -> Page<String> {
        let size = try PageToken.pageSize(request.maxResults)
        let status = request.status ?? "ACTIVE"
        guard ["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"].contains(status) else {
            throw ServiceError.invalidParameter(
                "Invalid status '\(status)': use ACTIVE, INACTIVE or DELETE_IN_PROGRESS.")
        }
        guard ["ASC", "DESC"].contains(request.sort ?? "ASC") else {
            throw ServiceError.invalidParameter("Invalid sort '\(request.sort ?? "")': use ASC or DESC.")
        }
        let after = try PageToken.after(request.nextToken, of: "ListTaskDefinitions").map(Self.key)
        let keys = try await store.read {
            try $0.definitions(
                family: request.familyPrefix, status: status, descending: request.sort == "DESC", after: after,
                limit: size + 1)
        }
        let page = keys.prefix(size)
        let token =
            keys.count > size
            ? page.last.map { PageToken(list: "ListTaskDefinitions", after: "\($0.family):\($0.revision)").text } : nil
        return Page(
            items: page.map { configuration.account.taskDefinitionARN(family: $0.family, revision: $0.revision) },
            nextToken: token)
    }

    private static func key(_ text: String) -> DefinitionKey {
        let parts = text.split(separator: ":")
        return DefinitionKey(family: String(parts.first ?? ""), revision: parts.last.flatMap { Int($0) } ?? 0)
    }
}
