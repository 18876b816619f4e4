import BerthModel

/// A call that runs ``Definitions/fargate()``.
func call() -> RunTaskRequest {
    var request = RunTaskRequest()
    request.taskDefinition = "etl"
    request.networkConfiguration = NetworkConfiguration()
    request.networkConfiguration?.awsvpcConfiguration = AwsVpcConfiguration()
    request.networkConfiguration?.awsvpcConfiguration?.subnets = ["subnet-1"]
    return request
}

/// A call whose overrides begin with one for the container `name`.
func overriding(_ name: String, _ change: (inout ContainerOverride) -> Void = { _ in }) -> RunTaskRequest {
    var request = call()
    var override = ContainerOverride(name: name)
    change(&override)
    request.overrides = TaskOverride()
    request.overrides?.containerOverrides = [override]
    return request
}

/// What running `definition` by `request` is refused with, nil when it is not.
func refusal(_ request: RunTaskRequest, _ definition: TaskDefinition) -> ServiceError? {
    caught { () throws(ServiceError) in _ = try request.validated(for: definition) }
}
