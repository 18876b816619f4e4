import BerthLinux

/// Hears of every change to the host's packet filter, and tells whether somebody else changed Berth's tables.
final class FirewallWatch {
    private let socket: NetlinkSocket
    private let table: String
    /// Of the thread that makes Berth's own changes: the kernel tells who made a change by it. It tells the number too, but
    /// that of the machine's own process namespace, which this process may not be in.
    private let ownThread: String
    /// Berth's tables were touched in the transaction that is being told of.
    private var isTouched = false

    /// Of the calling thread's namespace.
    init(table: String, ownThread: String) throws(LinuxError) {
        self.table = table
        self.ownThread = ownThread
        socket = try NetlinkSocket(.netfilter, groups: [Self.group])
    }

    var descriptor: Int32 { socket.descriptor.number }

    /// Whether the tables must be made again; waits for nothing.
    func hasForeignChange() -> Bool {
        let notices: [NetlinkReply]
        do { notices = try socket.notices() } catch { return true }
        var found = false
        for notice in notices where notice.type >> 8 == Self.subsystem {
            let attributes = notice.attributes(after: 4)
            if notice.type & 0xff == Self.newGeneration {
                // A transaction's notices come first, then who made it.
                if isTouched, attributes[3]?.text != ownThread { found = true }
                isTouched = false
            } else if attributes[1]?.text == table {
                isTouched = true
            }
        }
        return found
    }

    /// NFNLGRP_NFTABLES and NFNL_SUBSYS_NFTABLES of linux/netfilter/nfnetlink.h, NFT_MSG_NEWGEN of nf_tables.h.
    private static let group: Int32 = 7
    private static let subsystem: UInt16 = 10
    private static let newGeneration: UInt16 = 15
}
