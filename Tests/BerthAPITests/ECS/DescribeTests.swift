import BerthModel
import Foundation
import Testing

@testable import BerthAPI

@Suite("What the describe calls leave out unless asked")
struct DescribeTests {
    private func request<Value: Decodable>(_ type: Value.Type, _ body: String) throws -> Value {
        try WireJSON.decoder.decode(type, from: Data(body.utf8))
    }

    private var task: ECSTask {
        var task = ECSTask(
            taskArn: "arn:aws:ecs:us-east-1:000000000000:task/default/0", clusterArn: "c", taskDefinitionArn: "d",
            containers: [], cpu: "256", memory: "512", group: "family:f", overrides: TaskOverride(),
            createdAt: Date(timeIntervalSince1970: 0))
        task.tags = [Tag(key: "team", value: "etl")]
        return task
    }

    @Test("DescribeTasks gives tags only with include TAGS")
    func taskTags() throws {
        let all = TasksResponse(tasks: [task, task], failures: [])
        #expect(try request(DescribeTasksRequest.self, #"{"include":["TAGS"]}"#).pruned(all) == all)
        let pruned = try request(DescribeTasksRequest.self, "{}").pruned(all)
        #expect(pruned.tasks.map(\.tags) == [[], []])
    }

    @Test("DescribeTasks takes 1 to 100 tasks")
    func taskCount() throws {
        let empty = ServiceError.invalidParameter("Tasks cannot be empty.")
        for body in ["{}", #"{"tasks":[]}"#] {
            #expect(throws: empty) { try request(DescribeTasksRequest.self, body).names() }
        }
        let names = Array(repeating: "t", count: 101)
        var many = try request(DescribeTasksRequest.self, "{}")
        many.tasks = names
        #expect(throws: ServiceError.self) { try many.names() }
        many.tasks = Array(names.dropLast())
        #expect(try many.names().count == 100)
    }

    @Test("DescribeClusters gives tags, settings and statistics only when each is included")
    func clusters() throws {
        var cluster = Cluster(clusterArn: "a", clusterName: "n")
        cluster.tags = [Tag(key: "k", value: "v")]
        cluster.settings = [try request(ClusterSetting.self, #"{"name":"containerInsights","value":"enabled"}"#)]
        cluster.statistics = [KeyValuePair(name: "n", value: "0")]
        let everything = try request(DescribeClustersRequest.self, #"{"include":["TAGS","SETTINGS","STATISTICS"]}"#)
        #expect(everything.pruned(cluster) == cluster)
        let nothing = try request(DescribeClustersRequest.self, "{}").pruned(cluster)
        #expect(nothing == Cluster(clusterArn: "a", clusterName: "n"))
    }
}
