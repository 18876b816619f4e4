import BerthLinux
import BerthModel
import BerthNetwork
import CLinux
import Dispatch
import Glibc
import Synchronization

/// Namespaces with a loopback interface and nothing else, made one at a time.
struct BareNetworks: TaskNetworks {
    var facts: NetworkFacts? { nil }

    func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        try sandbox(
            TaskNetwork(mode: wanted.mode, securityGroups: wanted.securityGroups), settings: wanted.settings)
    }

    func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        try sandbox(network, settings: settings)
    }

    func adopt(_ network: TaskNetwork, id: String) async {}
    func usage(of network: TaskNetwork) async -> NetworkUsage? { nil }
    func release(_ network: TaskNetwork, id: String) async {}

    private func sandbox(_ network: TaskNetwork, settings: [NetworkSetting]) throws(NetworkRefusal) -> Sandbox {
        if network.mode == .host { return Sandbox(network: network, namespace: nil) }
        do throws(LinuxError) {
            return Sandbox(network: network, namespace: try Self.namespace(settings))
        } catch {
            throw NetworkRefusal(.interface, error.description)
        }
    }

    private final class Made: Sendable {
        let result = Mutex<Result<SharedDescriptor, LinuxError>?>(nil)
    }

    private static func namespace(_ settings: [NetworkSetting]) throws(LinuxError) -> SharedDescriptor {
        let made = Made()
        let done = DispatchSemaphore(value: 0)
        try startThread(name: "berth-bare-net") {
            let result = Result { () throws(LinuxError) in
                let newNetwork: UInt = 0x4000_0000
                try check("make", "network namespace") { berth_syscall(Int(SYS_unshare), newNetwork, 0, 0, 0, 0) }
                let namespace = SharedDescriptor(try OwnedDescriptor.open("/proc/thread-self/ns/net", flags: O_RDONLY))
                try up("lo")
                for setting in settings + usual {
                    let file = try OwnedDescriptor.open("/proc/sys/net/\(setting.path)", flags: O_WRONLY)
                    try file.writeAll(Array(setting.value.utf8), subject: "net/\(setting.path)")
                }
                return namespace
            }
            made.result.withLock { $0 = result }
            done.signal()
        }
        done.wait()
        guard let result = made.result.withLock({ $0 }) else {
            throw LinuxError("make", "network namespace", errno: .noMemory)
        }
        return try result.get()
    }

    private static let usual = [
        NetworkSetting(path: "ipv4/ip_unprivileged_port_start", value: "0"),
        NetworkSetting(path: "ipv4/ping_group_range", value: "0 2147483647"),
    ]

    private static func up(_ name: String) throws(LinuxError) {
        let socket = OwnedDescriptor(owning: socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
        var request = ifreq()
        withUnsafeMutableBytes(of: &request.ifr_ifrn) { $0.copyBytes(from: name.utf8) }
        request.ifr_ifru.ifru_flags = Int16(IFF_UP)
        let up: UInt = 0x8914
        try check("bring up", name) {
            withUnsafeMutableBytes(of: &request) { berth_ioctl(socket.number, up, UInt(bitPattern: $0.baseAddress)) }
        }
    }
}
