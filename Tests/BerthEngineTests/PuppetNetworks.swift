import BerthLinux
import BerthModel
import BerthNetwork
import CLinux
import Foundation
import Glibc
import Synchronization

/// Networks of namespaces with nothing in them but a loopback interface; addresses are numbers, and a test sees who holds
/// which.
final class PuppetNetworks: TaskNetworks {
    private struct State {
        var held: [String: TaskNetwork] = [:]
        var given = 0
        var calls: [String] = []
        var usage: [String: NetworkUsage] = [:]
        var refusal: NetworkRefusal?
        var settingFault: String?
    }
    private let state = Mutex(State())
    private let addresses: Int
    private let counters: [(name: String, path: String)]

    /// - Parameter addresses: how many tasks can have a link at a time.
    init(addresses: Int = 250, counters: [(name: String, path: String)] = []) {
        self.addresses = addresses
        self.counters = counters
    }

    /// By task.
    var held: [String: TaskNetwork] { state.withLock { $0.held } }
    /// What was asked, in order: `take ID` and so on.
    var calls: [String] { state.withLock { $0.calls } }
    /// What the next takers hear.
    func refuse(_ refusal: NetworkRefusal?) { state.withLock { $0.refusal = refusal } }
    /// What whoever asks for kernel settings hears.
    func refuseSettings(_ fault: String) { state.withLock { $0.settingFault = fault } }
    func count(_ usage: NetworkUsage, of network: TaskNetwork) {
        state.withLock { $0.usage[network.link?.hostName ?? ""] = usage }
    }

    func take(_ wanted: NetworkRequest) async throws(NetworkRefusal) -> Sandbox {
        let network = try state.withLock { (state) throws(NetworkRefusal) in
            state.calls.append("take \(wanted.id)")
            if let refusal = state.refusal { throw refusal }
            if let fault = state.settingFault, !wanted.settings.isEmpty { throw NetworkRefusal(.interface, fault) }
            var network = TaskNetwork(mode: wanted.mode, securityGroups: wanted.securityGroups)
            if wanted.mode == .awsvpc || wanted.mode == .bridge {
                guard state.held.values.count(where: { $0.link != nil }) < addresses else {
                    throw NetworkRefusal(.interface, "all \(addresses) addresses are taken")
                }
                state.given += 1
                network.link = TaskLink(
                    ipv4: IPv4Address(0x0AD5_0000 + UInt32(state.given)), ipv6: nil,
                    mac: MACAddress(UInt64(0x0242_0AD5_0000 + state.given)), hostName: "bh\(state.given)")
            }
            network.ports = wanted.ports.enumerated().map { index, port in
                var port = port
                if port.hostPort == 0 { port.hostPort = 49153 + UInt16(index) }
                return port
            }
            state.held[wanted.id] = network
            return network
        }
        return try sandbox(network)
    }

    func restore(
        _ network: TaskNetwork, id: String, settings: [NetworkSetting]
    ) async throws(NetworkRefusal) -> Sandbox {
        try state.withLock { (state) throws(NetworkRefusal) in
            state.calls.append("restore \(id)")
            if let refusal = state.refusal { throw refusal }
            state.held[id] = network
        }
        return try sandbox(network)
    }

    func adopt(_ network: TaskNetwork, id: String) async {
        state.withLock { state in
            state.calls.append("adopt \(id)")
            state.held[id] = network
        }
    }

    func usage(of network: TaskNetwork) async -> NetworkUsage? {
        state.withLock { $0.usage[network.link?.hostName ?? ""] }
    }

    func release(_ network: TaskNetwork, id: String) async {
        state.withLock { state in
            state.calls.append("release \(id)")
            state.held[id] = nil
        }
    }

    func giveBack(_ unused: Sandbox, id: String) async {
        state.withLock { state in
            state.calls.append("give back \(id)")
            state.held[id] = nil
        }
    }

    var facts: NetworkFacts? { nil }

    private func sandbox(_ network: TaskNetwork) throws(NetworkRefusal) -> Sandbox {
        if network.mode == .host { return Sandbox(network: network, namespace: nil) }
        do throws(LinuxError) {
            return Sandbox(network: network, namespace: try Self.namespace(), counters: counters)
        } catch {
            throw NetworkRefusal(.interface, error.description)
        }
    }

    private final class Made: Sendable {
        let result = Mutex<Result<SharedNamespace, LinuxError>?>(nil)
    }

    /// A namespace ends with its last descriptor; the thread that makes it ends at once.
    private static func namespace() throws(LinuxError) -> SharedNamespace {
        let made = Made()
        let done = DispatchSemaphore(value: 0)
        try startThread(name: "puppet-network") {
            let result = Result { () throws(LinuxError) in
                let newNetwork: UInt = 0x4000_0000
                try check("make", "network namespace") { berth_syscall(Int(SYS_unshare), newNetwork, 0, 0, 0, 0) }
                return try SharedNamespace.current()
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
}
