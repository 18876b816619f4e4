import BerthLaunch
import BerthLinux
import BerthModel
import BerthNetwork
import Glibc

extension Preparation {
    /// Where the task's containers find their network; asked by whoever launches it.
    func network(of live: LiveTask) throws(StartFailure) -> LaunchRequest.Network {
        guard let sandbox = live.handOver() else { throw .resource("the task's network is not there") }
        if sandbox.network.mode == .host { return .host }
        // Never one of its own instead: that would belong to the container's root.
        guard let namespace = sandbox.namespace else { throw .resource("the task's network namespace is not there") }
        return .given(namespace)
    }

    /// Refuses a task whose network has not all the kernel settings that its containers name.
    func checkSettings(_ live: LiveTask) throws(StartFailure) {
        guard let fault = live.settingFault else { return }
        let container = live.settings.containers.firstIndex { container in
            container.confinement.systemControls.contains { $0.namespace?.hasPrefix("net.") == true }
        }
        throw .cannotStart(container ?? 0, fault)
    }

    /// What a container calls its host: twelve digits, as Docker names a container, unless the definition says otherwise.
    func hostname(_ live: LiveTask, _ container: Int) -> String {
        if let named = live.settings.containers[container].names.hostname { return named }
        guard live.settings.network.mode == .host else { return String(live.id.prefix(12)) }
        var name = [CChar](repeating: 0, count: 65)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Writes a container's name files into its directory. They are the task's own, and its root may write to them.
    func makeFiles(_ live: LiveTask, in directory: String) throws(LinuxError) -> [[BoundFile]] {
        guard let network = live.sandbox?.network else { return live.settings.containers.map { _ in [] } }
        var all: [[BoundFile]] = []
        for (index, container) in live.settings.containers.enumerated() {
            let place = "\(directory)/containers/\(container.name)/files"
            try makeDirectory(place, 0o700)
            var files: [BoundFile] = []
            for (path, content) in names(live, index, in: network).files {
                let source = "\(place)/\(path.split(separator: "/").last ?? "")"
                try write(content, to: source, owner: live.hostIDBase)
                files.append(
                    BoundFile(path: path, source: source, readOnly: container.readonlyRootFilesystem))
            }
            all.append(files)
        }
        return all
    }

    private func names(_ live: LiveTask, _ index: Int, in network: TaskNetwork) -> ContainerFiles {
        let settings = live.settings.containers[index].names
        var names = ContainerFiles.Names(
            hostname: hostname(live, index),
            privateName: network.link?.ipv4.privateName(region: configuration.account.region))
        names.extraHosts = settings.extraHosts
        names.links = settings.links
        names.dnsServers = settings.dnsServers
        names.searchDomains = settings.searchDomains
        return ContainerFiles(names, in: network, resolver: networks.facts?.resolver, host: .read())
    }

    private func write(_ content: String, to path: String, owner: UInt32) throws(LinuxError) {
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        try file.writeAll(Array(content.utf8), subject: path)
        try check("set the mode of", path) { fchmod(file.number, 0o644) }
        try check("change the owner of", path) { fchown(file.number, owner, owner) }
    }
}
