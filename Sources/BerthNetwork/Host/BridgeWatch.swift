import BerthLinux

/// Hears of changes to the bridge and its addresses, and of ports that leave it, whoever makes them.
final class BridgeWatch {
    private let socket: NetlinkSocket
    private var index: Int32 = 0

    /// Of the calling thread's namespace.
    init(index: Int32) throws(LinuxError) {
        socket = try NetlinkSocket(.route, groups: Self.groups)
        try follow(index)
    }

    var descriptor: Int32 { socket.descriptor.number }

    /// What came before is not heard any more: to be looked at afterwards.
    func follow(_ index: Int32) throws(LinuxError) {
        self.index = index
        try socket.hearOnly(ofLink: index)
    }

    /// Waits for nothing.
    ///
    /// - Returns: whether the bridge has to be looked at, and the links that are no ports of it any more, by name. Nil when
    ///   something was told that is lost.
    func news() -> (isOfBridge: Bool, departed: [String])? {
        guard let notices = try? socket.notices() else { return nil }
        var news = (isOfBridge: false, departed: [String]())
        for notice in notices {
            if let port = notice.departedPort {
                if port.master == index { news.departed.append(port.name) }
            } else {
                news.isOfBridge = true
            }
        }
        return news
    }

    /// RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR of linux/rtnetlink.h.
    private static let groups: [Int32] = [1, 5, 9]
}

extension Bridge {
    /// Whether it is there, up, and has its name and addresses.
    func isWhole(_ routes: NetlinkSocket) throws(LinuxError) -> Bool {
        guard case .success(let replies) = try routes.outcomes(of: [LinkRequest.find(index: index)])[0],
            let link = replies.first.flatMap(NetworkLink.init), link.isUp, link.name == plan.bridge
        else { return false }
        let addresses = try routes.dump(AddressRequest.list()).compactMap(NetworkAddress.init)
        return Self.ownAddresses(plan).allSatisfy { own in
            addresses.contains { $0.index == index && $0.address == own.bytes && $0.prefix == own.prefix }
        }
    }
}
