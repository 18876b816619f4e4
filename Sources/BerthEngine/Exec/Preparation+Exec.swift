import BerthImages
import BerthLaunch
import BerthModel

extension Preparation {
    /// What a further program in a container runs as: the container's own settings with the call's over them.
    ///
    /// All of it comes of the stored task and its image, so that it is the same after a restart of the daemon.
    func program(_ call: ExecCall, container index: Int, of live: LiveTask) throws(ServiceError) -> ExecProgram {
        guard let first = call.command.first, !first.isEmpty else {
            throw .invalidParameter("command cannot be empty.")
        }
        guard !(call.command + call.environment.flatMap { [$0.name ?? "", $0.value ?? ""] }).contains(where: hasZero)
        else { throw .invalidParameter("command and environment cannot hold a zero byte.") }
        let image = try image(of: index, live)
        var launch: ContainerLaunch
        do throws(StartFailure) { launch = try container(index, of: live, image: image) } catch {
            throw .client("\(error)")
        }
        launch.arguments = call.command
        if let user = call.user { try change(&launch, to: user, of: index, live, image) }
        if let directory = call.workingDirectory {
            guard directory.hasPrefix("/"), !hasZero(directory) else {
                throw .invalidParameter("The working directory '\(directory)' is not an absolute path.")
            }
            launch.workingDirectory = directory
        }
        // What every terminal program asks for; the container's own was made without a terminal.
        if call.terminal { launch.environment.set("TERM", "xterm", overwrite: false) }
        for variable in call.environment {
            guard let name = variable.name, !name.isEmpty, !name.contains("=") else {
                throw .invalidParameter("'\(variable.name ?? "")' is not the name of an environment variable.")
            }
            launch.environment.set(name, variable.value ?? "")
        }
        return ExecProgram(
            container: index, containerName: launch.name, launch: launch, terminal: call.terminal)
    }

    /// The image that the container runs; its name may mean another by now.
    private func image(of index: Int, _ live: LiveTask) throws(ServiceError) -> StoredImage {
        let container = live.task.containers[index]
        do throws(ImageError) {
            guard let digest = container.imageDigest else { return try images.image(container.image) }
            if let held = try? images.image(digest) { return held }
            let named = try images.image(container.image)
            guard named.digest.description != digest else { return named }
            return try images.image(digest)
        } catch {
            throw .client("The image of container '\(container.name)' is gone: \(error.description)")
        }
    }

    /// Runs it as another user: `HOME` follows unless somebody set it.
    private func change(
        _ launch: inout ContainerLaunch, to specification: String, of index: Int, _ live: LiveTask, _ image: StoredImage
    ) throws(ServiceError) {
        let user: ImageUser
        do throws(ImageError) { user = try users.user(specification, in: image, of: images) } catch {
            throw .invalidParameter(error.description)
        }
        guard ([user.uid, user.gid] + user.additionalGids).allSatisfy({ $0 < HostIDRanges.size }) else {
            throw .invalidParameter("user \(specification): a task has the ids 0 to \(HostIDRanges.size - 1) only")
        }
        launch.uid = user.uid
        launch.gid = user.gid
        launch.additionalGids = user.additionalGids
        let isSet =
            image.configuration.config?.environment?.contains { $0.hasPrefix("HOME=") } == true
            || live.settings.containers[index].environment.contains { $0.name == "HOME" }
        if !isSet { launch.environment.set("HOME", user.home) }
    }

    private func hasZero(_ text: String) -> Bool { text.utf8.contains(0) }
}

extension [String] {
    /// Sets a variable in an environment of `NAME=value` lines; it keeps its place.
    fileprivate mutating func set(_ name: String, _ value: String, overwrite: Bool = true) {
        let line = "\(name)=\(value)"
        guard let place = firstIndex(where: { $0.hasPrefix("\(name)=") }) else { return append(line) }
        if overwrite { self[place] = line }
    }
}
