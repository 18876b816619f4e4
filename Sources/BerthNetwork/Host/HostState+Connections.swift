import BerthLinux
import BerthModel
import Glibc

/// Connections that the kernel remembers. What belongs to one passes the firewall whatever the groups say, so that none may
/// outlive the task that it led to. Only to a task that never began may somebody have sent a little, which the next one of the
/// same groups may answer.
extension HostState {
    /// Of addresses that are nobody's, before somebody gets them; nothing new must reach them any more.
    ///
    /// For a connection the kernel looks through its whole table, 262,144 slots where memory is plenty: longer than a launch
    /// takes. So this is done for many ended tasks at a time.
    func endLeftConnections() {
        endConnections { connection in
            connection.involves { address in
                bridge.plan.place(address).map { addresses.owner(of: $0) == nil } ?? false
            }
        }
        addresses.forgetLeft()
        connectionsDue = nil
    }

    /// Datagrams that came to a host port before it led to a task would go to the host for as long as they come.
    func endStrayDatagrams(to ports: [PublishedPort]) {
        let numbers = Set(ports.filter { $0.transport == .udp }.flatMap(\.hostPorts))
        if numbers.isEmpty { return }
        endConnections { connection in
            connection.original.transport == UInt8(IPPROTO_UDP) && !connection.isTranslated
                && connection.original.destinationPort.map(numbers.contains) == true
        }
    }

    private func endConnections(where isMeant: (TrackedConnection) -> Bool) {
        do {
            let socket = try NetlinkSocket(.netfilter)
            // The table is as long when there is nothing in it.
            if try socket.perform(ConnectionRequest.count()).first.flatMap(ConnectionRequest.count) == 0 { return }
            var found: [TrackedConnection] = []
            // A host has up to some 100,000 of them: only those that are meant are kept.
            _ = try socket.dump(ConnectionRequest.list()) { reply in
                if let connection = TrackedConnection(reply), isMeant(connection) { found.append(connection) }
                return false
            }
            for outcome in try socket.outcomes(of: found.map(ConnectionRequest.delete)) {
                // It may have ended by itself meanwhile.
                if case .failure(let error) = outcome, error.errno != .noSuchFileOrDirectory { throw error }
            }
        } catch {
            if hasReportedConnections { return }
            hasReportedConnections = true
            settings.report(
                "connections of ended tasks are not cut off, and may reach the next task that gets an address: \(error); "
                    + "the kernel needs the module nfnetlink_conntrack")
        }
    }
}
