import BerthLinux
import BerthModel

/// The bridge when somebody else has a hand in it.
extension HostState {
    /// Mends what somebody did to it, if anybody did.
    func attend(to watch: BridgeWatch) {
        let news = watch.news()
        if news?.isOfBridge ?? true || isBridgeUnsure { mendBridge() }
        // Those of ended tasks left it because they were taken away.
        departed.formUnion(news?.departed ?? firewall.members.values.map(\.link.hostName))
        departed = departed.filter { name in
            bridge.plan.link(named: name).map { firewall.members[$0.ipv4] != nil } ?? false
        }
        // One that is made again takes its ports with it; until it can be, there is nothing to put them into.
        if !departed.isEmpty, !isBridgeUnsure { takeBackPorts() }
    }

    /// Makes links ports of the bridge again that somebody took out of it.
    private func takeBackPorts() {
        do {
            var ends: [LinkReadiness.End] = []
            for link in departed.compactMap(bridge.plan.link(named:)) {
                let answer = try routes.outcomes(of: [LinkRequest.find(link.hostName)])[0]
                // Its namespace may have ended by itself, and the link with it.
                guard case .success(let replies) = answer, let found = replies.first.flatMap(NetworkLink.init),
                    found.master != bridge.index
                else { continue }
                if try connectIfThere(link, found) { ends.append((found.index, found.name)) }
            }
            if !ends.isEmpty {
                try LinkReadiness.wait(for: ends + [(bridge.index, settings.bridge)], routes)
                let names = ends.map(\.name).sorted().joined(separator: ", ")
                settings.report(
                    "\(names) had been taken out of the bridge '\(settings.bridge)' and is a port of it again")
            }
            (departed, bridgeFault) = ([], nil)
        } catch {
            report(
                fault: "the bridge '\(settings.bridge)' cannot have all of its ports, tasks have no network: \(error)")
        }
    }

    /// Tried again every second: told once.
    private func report(fault: String) {
        if bridgeFault != fault { settings.report(fault) }
        bridgeFault = fault
    }

    /// Looks at the bridge, and makes it anew if it is not as it was made.
    ///
    /// - Returns: whether it was made anew.
    @discardableResult
    func mendBridge() -> Bool {
        isBridgeUnsure = true
        do {
            if try !isRemakingBridge && bridge.isWhole(routes) {
                (isBridgeUnsure, bridgeFault) = (false, nil)
                return false
            }
            // What fails on the way is begun again, though the bridge itself is there by then.
            isRemakingBridge = true
            try remakeBridge()
            (isRemakingBridge, bridgeFault) = (false, nil)
            settings.report("the bridge '\(settings.bridge)' was changed by somebody else and is made anew")
            return true
        } catch {
            report(fault: "the bridge '\(settings.bridge)' cannot be made anew, tasks have no network: \(error)")
            return false
        }
    }

    /// With the links of all tasks, which lost it, its own settings, and what it knew of neighbours. The firewall knows it by
    /// its name.
    private func remakeBridge() throws {
        bridge = try Bridge.setUp(settings, routes)
        try bridgeWatch?.follow(bridge.index)
        factory.mtu = bridge.mtu
        factory.segments = bridge.segments
        try changes.apply(bridge: settings.bridge, ipv6: bridge.plan.subnet6 != nil)
        let links = Dictionary(try bridge.ports(routes).map { ($0.name, $0) }) { first, _ in first }
        var ends: [LinkReadiness.End] = []
        for link in firewall.members.values.map(\.link) {
            guard let found = links[link.hostName] else { continue }
            if try connectIfThere(link, found) { ends.append((found.index, found.name)) }
        }
        if ends.isEmpty { return }
        try LinkReadiness.wait(for: ends + [(bridge.index, settings.bridge)], routes)
        if let size = bridge.segments.host {
            try routes.perform(LinkRequest.setLargestSegment(bridge.index, settings.bridge, size))
        }
    }

    /// Makes a link a port of the bridge as it was made at first.
    ///
    /// - Returns: false when it is gone: it may go at any time with the last process of its namespace.
    func connectIfThere(_ link: TaskLink, _ found: NetworkLink) throws(LinuxError) -> Bool {
        var requests = factory.nearEnd(.init(link: link, rates: (nil, nil)), found.index, bridge: bridge.index)
        if found.master != bridge.index {
            // Down, because until it is isolated it reaches other tasks.
            requests =
                [
                    LinkRequest.setDown(found.index, found.name),
                    LinkRequest.setMaster(found.index, found.name, master: bridge.index),
                ] + requests
        }
        do { try routes.perform(requests) } catch {
            if error.errno == .operationNotSupportedByDevice { return false }
            // It may be up without being isolated.
            _ = try? routes.perform(LinkRequest.setDown(found.index, found.name))
            throw error
        }
        return true
    }
}
