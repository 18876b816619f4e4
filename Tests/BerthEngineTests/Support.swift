import BerthModel
import Foundation

@testable import BerthEngine

let testAccount = Account(region: "us-east-1", id: "123456789012")

/// The settings of one container, by the way that a call's are made.
func settingsOf(_ container: ContainerDefinition) throws -> ContainerSettings {
    var request = RegisterTaskDefinitionRequest()
    request.family = "test"
    request.cpu = "256"
    request.memory = "512"
    request.containerDefinitions = [container]
    let definition = TaskDefinition(
        try request.validated(), account: testAccount, revision: 1, registeredAt: Date(), registeredBy: "test")
    return try RunTaskRequest().validated(for: definition).containers[0]
}
