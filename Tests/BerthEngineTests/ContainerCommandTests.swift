import BerthModel
import BerthOCI
import Testing

@testable import BerthEngine

@Suite struct `What a container runs` {
    private let image = ImageConfiguration.Execution(
        user: "app", environment: ["PATH=/opt/bin", "LANG=C", "TAKEN"], entryPoint: ["/entry"],
        command: ["from", "image"],
        workingDirectory: "srv", stopSignal: "SIGINT")

    private func settings(_ change: (inout ContainerDefinition) -> Void) throws -> ContainerSettings {
        var container = ContainerDefinition()
        container.name = "main"
        container.image = "busybox"
        change(&container)
        return try settingsOf(container)
    }

    @Test func `the image's entry point and command stand when the definition names none`() throws {
        let command = ContainerCommand(try settings { _ in }, image: image, system: [])
        #expect(command.arguments == ["/entry", "from", "image"])
        #expect(command.workingDirectory == "/srv")
        #expect(command.user == "app")
        #expect(command.stopSignal == 2)
    }

    @Test func `a command replaces the image's, an entry point replaces both`() throws {
        let command = ContainerCommand(try settings { $0.command = ["mine"] }, image: image, system: [])
        #expect(command.arguments == ["/entry", "mine"])
        let entry = ContainerCommand(try settings { $0.entryPoint = ["/mine"] }, image: image, system: [])
        #expect(entry.arguments == ["/mine"])
    }

    @Test func `variables: the image's, then Berth's, then the definition's; the later wins in the earlier's place`()
        throws
    {
        let command = ContainerCommand(
            try settings {
                $0.environment = [KeyValuePair(name: "LANG", value: "de_DE"), KeyValuePair(name: "EMPTY", value: nil)]
            },
            image: image, system: [("AWS_REGION", "us-east-1"), ("HOSTNAME", "x")])
        #expect(command.environment == ["PATH=/opt/bin", "LANG=de_DE", "AWS_REGION=us-east-1", "HOSTNAME=x", "EMPTY="])
    }

    @Test(
        arguments: [
            ("SIGTERM", 15), ("kill", 9), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("SIGNOTHING", nil),
            ("0", nil), ("65", nil),
        ] as [(String, Int32?)])
    func `signals are read as images write them`(text: String, number: Int32?) {
        #expect(SignalName.number(text) == number)
    }
}
