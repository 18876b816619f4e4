import BerthCgroups
import BerthConfinement
import BerthImages
import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import BerthOCI
import Foundation
import Synchronization

/// Makes everything a launch needs beside its images: directories and cgroups made, settings resolved.
///
/// All of it blocks for moments; it runs on the engine's worker threads, and for a new task while its acceptance is
/// being written to disk.
struct Preparation: Sendable {
    let configuration: EngineConfiguration
    let images: any TaskImages
    let cgroups: any CgroupDriver
    let networks: any TaskNetworks
    let seccomp = SeccompCompiler()
    let users = UserLookup()

    func prepare(_ live: LiveTask, _ images: [StoredImage]) throws(StartFailure) -> LaunchRequest {
        let begun = live.trail?.now()
        if live.isStopping { throw .stopped }
        try checkSettings(live)
        var containers: [ContainerLaunch] = []
        for index in live.settings.containers.indices {
            containers.append(try container(index, of: live, image: images[index]))
        }
        live.trail?.work(.resolve, since: begun)
        do throws(LinuxError) {
            let resolved = live.trail?.now()
            let directory = try makeDirectories(live)
            for (index, files) in try makeFiles(live, in: directory).enumerated() { containers[index].files = files }
            live.trail?.work(.directories, since: resolved)
            var request = LaunchRequest(
                id: live.id, directory: directory, hostname: hostname(live, 0), cgroup: try makeCgroups(live),
                hostIDBase: live.hostIDBase, containers: containers)
            request.trail = live.trail
            request.counters =
                live.sandbox?.counters.map { CounterFile(name: $0.name, path: $0.path, container: nil) } ?? []
            request.keptIDs = configuration.keptIDs
            request.sharesProcesses = live.settings.sharesProcesses
            return request
        } catch {
            throw .resource(error.description)
        }
    }

    func container(_ index: Int, of live: LiveTask, image: StoredImage) throws(StartFailure) -> ContainerLaunch {
        let settings = live.settings.containers[index]
        let command = ContainerCommand(
            settings, image: image.configuration.config ?? .init(), system: systemVariables(live, index))
        guard !command.arguments.isEmpty else {
            throw .cannotStart(
                index, "no command: image \(settings.image) has none, and the task definition names none")
        }
        let user: ImageUser
        do throws(ImageError) {
            user = try users.user(command.user ?? "", in: image, of: images)
        } catch {
            throw .cannotStart(index, error.description)
        }
        guard ([user.uid, user.gid] + user.additionalGids).allSatisfy({ $0 < HostIDRanges.size }) else {
            throw .cannotStart(
                index, "user \(command.user ?? ""): a task has the ids 0 to \(HostIDRanges.size - 1) only")
        }
        let capabilities: CapabilitySet
        do throws(CapabilityError) { capabilities = try settings.confinement.capabilities } catch {
            throw .cannotStart(index, error.description)
        }
        let program: SeccompProgram
        do { program = try seccomp.program(capabilities: capabilities) } catch { throw .resource("\(error)") }
        var environment = command.environment
        if !environment.contains(where: { $0.hasPrefix("HOME=") }) { environment.append("HOME=\(user.home)") }
        var launch = ContainerLaunch(
            name: settings.name, layers: image.lowerDirectories, layersRoot: image.layersRoot,
            arguments: command.arguments,
            environment: environment, workingDirectory: command.workingDirectory, uid: user.uid, gid: user.gid,
            additionalGids: user.additionalGids, capabilities: capabilities, seccomp: program,
            logPath: logPath(live.id, settings.name), essential: settings.essential,
            readonlyRootFilesystem: settings.readonlyRootFilesystem, stopSignal: command.stopSignal,
            stopTimeout: settings.stopTimeout, dependencies: dependencies(settings, in: live.settings))
        launch.hostname = hostname(live, index)
        launch.apply(settings.confinement)
        return launch
    }

    /// What ECS sets in every container (Amazon ECS developer guide), and where it can ask about itself.
    private func systemVariables(_ live: LiveTask, _ container: Int) -> [(String, String)] {
        [
            ("HOSTNAME", hostname(live, container)),
            ("AWS_EXECUTION_ENV", live.settings.launchType == "FARGATE" ? "AWS_ECS_FARGATE" : "AWS_ECS_EC2"),
            ("AWS_REGION", configuration.account.region),
            ("AWS_DEFAULT_REGION", configuration.account.region),
        ] + (live.dossier.endpoints?.variables(container: container) ?? [])
    }

    private func dependencies(_ settings: ContainerSettings, in task: TaskSettings) -> [ContainerLaunch.Dependency] {
        settings.dependsOn.compactMap { dependency in
            guard let container = task.containers.firstIndex(where: { $0.name == dependency.containerName }) else {
                return nil
            }
            switch dependency.condition {
            case "COMPLETE": return .init(container: container, condition: .complete)
            case "SUCCESS": return .init(container: container, condition: .success)
            default: return .init(container: container, condition: .start)
            }
        }
    }

    /// Where the shim writes what a container prints.
    func logPath(_ id: String, _ container: String) -> String {
        "\(configuration.logsDirectory)/\(id)-\(container).log"
    }

    private func makeDirectories(_ live: LiveTask) throws(LinuxError) -> String {
        let directory = configuration.tasksDirectory + "/" + live.id
        try makeDirectory(directory, 0o700)
        try makeDirectory(directory + "/containers", 0o700)
        for container in live.settings.containers {
            let own = directory + "/containers/" + container.name
            try makeDirectory(own, 0o700)
            // The upper directory's mode is the container's view of its `/`.
            try makeDirectory(own + "/upper", 0o755)
            try makeDirectory(own + "/work", 0o700)
        }
        return directory
    }

    private func makeCgroups(_ live: LiveTask) throws(LinuxError) -> TaskCgroup {
        let begun = live.trail?.now()
        defer { live.trail?.work(.cgroups, since: begun) }
        let size = live.settings.size
        let limits = TaskLimits(
            cpuUnits: size.cpuUnits, memoryBytes: UInt64(size.memoryMiB) << 20, pids: configuration.pidsPerTask)
        return try cgroups.createTask(
            live.id, limits: limits,
            containers: live.settings.containers.map {
                ContainerLimits(
                    name: $0.name, cpuUnits: $0.cpuUnits, memoryBytes: $0.memoryMiB.map { UInt64($0) << 20 },
                    memoryReservationBytes: $0.memoryReservationMiB.map { UInt64($0) << 20 })
            })
    }
}

/// Makes a directory with exactly this mode, whatever the umask; one that is there is an error.
func makeDirectory(_ path: String, _ mode: mode_t) throws(LinuxError) {
    try check("make directory", path) { mkdir(path, mode) }
    // No umask that a daemon can work with takes the owner's own bits.
    if mode & 0o077 == 0 { return }
    try check("set the mode of", path) { chmod(path, mode) }
}

/// Users by image: an image's files do not change, so each is looked up once.
final class UserLookup: Sendable {
    private struct Key: Hashable {
        var digest: Digest
        var user: String
    }
    private let known = Mutex<[Key: ImageUser]>([:])
    /// Far more than images in use; beyond it the table starts anew.
    private static let limit = 1024

    func user(
        _ specification: String, in image: StoredImage, of images: any TaskImages
    ) throws(ImageError) -> ImageUser {
        let key = Key(digest: image.digest, user: specification)
        if let user = known.withLock({ $0[key] }) { return user }
        let user = try images.user(specification, in: image)
        known.withLock { known in
            if known.count >= Self.limit { known = [:] }
            known[key] = user
        }
        return user
    }
}
