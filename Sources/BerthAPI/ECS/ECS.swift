import BerthEngine

extension JSONService {
    /// Amazon ECS, version 2014-11-13: clusters, task definitions, tasks.
    static func ecs(_ engine: Engine, permissions: RolePermissions) -> JSONService {
        JSONService(
            target: "AmazonEC2ContainerServiceV20141113",
            name: "ecs",
            operations: clusterOperations(engine)
                .merging(taskDefinitionOperations(engine)) { first, _ in first }
                .merging(taskOperations(engine, permissions)) { first, _ in first }
                .merging(executeCommandOperations(engine, permissions)) { first, _ in first })
    }
}
