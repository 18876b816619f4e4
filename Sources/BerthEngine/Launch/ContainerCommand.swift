import BerthLaunch
import BerthModel
import BerthOCI

/// What a container runs, and as what: the image's own settings under those of the task.
///
/// The rules are Docker's, which ECS follows (Docker, "Interaction between CMD and ENTRYPOINT").
struct ContainerCommand: Equatable {
    var arguments: [String]
    /// `NAME=value`, each name once.
    var environment: [String]
    var workingDirectory: String
    /// As written; nil is root.
    var user: String?
    var stopSignal: Int32

    /// - Parameters:
    ///   - system: variables that Berth sets; the definition may say otherwise.
    init(_ settings: ContainerSettings, image: ImageConfiguration.Execution, system: [(String, String)]) {
        // An entry point of the task's makes the image's command meaningless: it was that entry point's arguments.
        let command = settings.command ?? (settings.entryPoint == nil ? image.command : nil)
        arguments = (settings.entryPoint ?? image.entryPoint ?? []) + (command ?? [])
        environment = Self.environment(settings, image: image, system: system)
        let directory = settings.workingDirectory ?? image.workingDirectory ?? ""
        workingDirectory = directory.hasPrefix("/") ? directory : "/" + directory
        user = [settings.user, image.user].lazy.compactMap { $0 }.first { !$0.isEmpty }
        stopSignal = image.stopSignal.flatMap(SignalName.number) ?? SignalName.terminate
    }

    private static func environment(
        _ settings: ContainerSettings, image: ImageConfiguration.Execution, system: [(String, String)]
    ) -> [String] {
        var lines: [String] = []
        var places: [Substring: Int] = [:]
        func set(_ line: String) {
            let name = line.prefix { $0 != "=" }
            if let place = places[name] {
                lines[place] = line
            } else {
                places[name] = lines.count
                lines.append(line)
            }
        }
        set("PATH=\(ContainerLaunch.usualPath)")
        // A variable without "=" in an image asks Docker to take the host's: here there is nothing to take.
        for line in image.environment ?? [] where line.contains("=") { set(line) }
        for (name, value) in system { set("\(name)=\(value)") }
        for variable in settings.environment {
            guard let name = variable.name, !name.isEmpty else { continue }
            set("\(name)=\(variable.value ?? "")")
        }
        return lines
    }
}
