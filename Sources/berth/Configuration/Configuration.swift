import BerthAPI
import BerthImages
import BerthModel
import Logging

/// Everything an operator may set. `Config/berth.yaml` shows each key with its default and why; a test keeps them equal.
struct Configuration: Equatable, Sendable {
    var root = "/var/lib/berth"
    var listen = ListenAddress(host: "127.0.0.1", port: 8466)
    var region = "us-east-1"
    var account = "000000000000"
    var logLevel = Logger.Level.info
    /// Nil: `berth-shim` beside the running `berth`.
    var shim: String?
    /// Nil: `berth-unpack` beside the running `berth`.
    var unpacker: String?
    /// Nil: the sheet that is compiled in.
    var priceSheet: String?
    /// The cgroup below which everything of this daemon lives, within the hierarchy; nil: ``defaultCgroupRoot(of:)``.
    var cgroupRoot: String?
    /// CPU units that tasks may reserve together; nil: all of this machine's.
    var capacityCPU: Int?
    /// MiB that tasks may reserve together; nil: all of this machine's.
    var capacityMemory: Int?
    /// The most processes and threads of one task.
    var taskProcesses = 4_096
    /// Days that a stopped task and its log are kept.
    var retentionDays = 30
    /// How many sandboxes wait for tasks like those that ran last.
    var parkedSandboxes = 0
    /// The first host id of the ranges that tasks' ids are mapped to.
    var firstHostID = 1_879_048_192
    /// How many tasks can have a range at a time.
    var hostIDRanges = 4_095
    var userNamespace = UserNamespace.auto
    /// What definitions of host flavour may add to the default capabilities.
    var allowedCapabilities = HostPolicy.strict.allowedCapabilities
    /// When registries are asked for the images of tasks.
    var pullPolicy = PullPolicy.missing
    /// Hosts of registries that may speak plain HTTP or show any certificate.
    var insecureRegistries: [String] = []
    /// Directories of certificates for registries, in the form of Docker's certs.d.
    var registryCertificates = ["/etc/docker/certs.d", "/etc/containers/certs.d"]
    /// What is asked before a registry, by its domain.
    var registryMirrors = RegistryMirrors()
    /// A file as docker login writes it; nil: that of the daemon's user.
    var registryCredentials: String?
    /// Holds what task definitions' repositoryCredentials name; nil for none.
    var registrySecrets: String?
    /// Whether a push to a repository that does not exist makes it.
    var createsOnPush = false
    /// What the registry inside is also called, with a port where it has one.
    var registryNames: [String] = []
    /// Whether compressed layers are kept beside the unpacked ones.
    var keepBlobs = true
    /// GiB that images may take up on the disk; nil: all there is.
    var imagesMaximumGiB: Int?
    /// Days after which an image that can be had again goes if nobody has used it; nil: never.
    var imagesUnusedDays: Int? = 30
    /// Minutes between two collections of garbage.
    var imagesCollectionMinutes = 60
    /// What a layer of an image may cost to unpack.
    var imageLimits = LayerLimits()
    var network = NetworkOptions()

    /// Named after the root directory, so that two daemons on one machine never meet.
    func defaultCgroupRoot(of root: String) -> String {
        "/berth/" + root.split(separator: "/").joined(separator: "-")
    }

    /// When images go by themselves.
    var collectionPolicy: CollectionPolicy {
        var policy = CollectionPolicy()
        policy.maximumBytes = imagesMaximumGiB.map { Int64($0) << 30 }
        policy.unusedFor = imagesUnusedDays.map { Int64($0) * 24 * 3600 }
        policy.interval = Int64(imagesCollectionMinutes) * 60
        return policy
    }

    /// Refuses what is wrong only together.
    func check() throws {
        if let subnet = network.subnet, let subnet6 = network.subnet6, subnet6.prefix > 96 + subnet.prefix {
            throw CommandFailure(
                "network.subnet6 \(subnet6) has fewer addresses than network.subnet \(subnet): use a prefix up to "
                    + "\(96 + subnet.prefix)")
        }
        let end = firstHostID + hostIDRanges * 65_536
        guard end <= 1 << 32 else {
            throw CommandFailure(
                "tasks.firstHostID \(firstHostID) with tasks.hostIDRanges \(hostIDRanges) ends at id \(end), beyond 2^32: lower one of them"
            )
        }
    }
}

extension ListenAddress {
    /// Whether only this machine can connect. Bodies are readable on the way, so anything else deserves a warning.
    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
