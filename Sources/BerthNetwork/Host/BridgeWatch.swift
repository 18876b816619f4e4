import BerthLinux

/// Hears of changes to the bridge and its addresses, whoever makes them.
final class BridgeWatch {
    private let socket: NetlinkSocket

    /// Of the calling thread's namespace.
    init(index: Int32) throws(LinuxError) {
        socket = try NetlinkSocket(.route, groups: Self.groups)
        try follow(index)
    }

    var descriptor: Int32 { socket.descriptor.number }

    /// What came before is not heard any more: to be looked at afterwards.
    func follow(_ index: Int32) throws(LinuxError) { try socket.hearOnly(ofLink: index) }

    /// Whether the bridge has to be looked at; waits for nothing.
    func hasNews() -> Bool {
        guard let notices = try? socket.notices() else { return true }
        return !notices.isEmpty
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
