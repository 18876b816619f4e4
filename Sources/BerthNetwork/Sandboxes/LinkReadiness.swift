import BerthLinux
import Glibc

/// When links of pairs pass frames.
///
/// A link has a carrier once both ends are up. The end that was started first acts on it later: a worker of the kernel
/// (net/core/link_watch.c) puts its queue in place of one that drops everything, and only then a bridge forwards to and from
/// it. A bridge has a carrier once a port of it forwards, and is noticed in the same way. What is sent before is lost, and TCP
/// tries again after a second.
enum LinkReadiness {
    typealias End = (index: Int32, name: String)

    /// Waits until all links run. One that is gone is waited for no more.
    ///
    /// - Parameter limit: the worker comes after a second at the latest.
    /// - Throws: ETIMEDOUT with the link's name when one does not run by then; ENETDOWN when somebody set it down.
    static func wait(
        for links: [End], _ routes: NetlinkSocket, within limit: Duration = .seconds(5)
    ) throws(LinuxError) {
        // Since Linux 6.8 a question about a link does the worker's work first: then this is all.
        var waiting = try idle(links, routes)
        if waiting.isEmpty { return }
        let notices = try NetlinkSocket(.route, groups: [linkGroup])
        let end = ContinuousClock.now + limit
        while true {
            // After the notices are on, so that no change falls between.
            waiting = try idle(waiting, routes)
            guard let late = waiting.first else { return }
            var polled = pollfd(fd: notices.descriptor.number, events: Int16(POLLIN), revents: 0)
            let rest = max(ContinuousClock.now.duration(to: end), .zero) / .milliseconds(1)
            let found = poll(&polled, 1, Int32(rest.rounded(.up)))
            if found == 0 { throw LinuxError("start", "link \(late.name)", errno: .timedOut) }
            // What they say is asked for anyway, and where some were lost too.
            _ = try? notices.notices()
        }
    }

    private static func idle(_ links: [End], _ routes: NetlinkSocket) throws(LinuxError) -> [End] {
        let answers = try routes.outcomes(of: links.map { LinkRequest.find(index: $0.index) })
        var idle: [End] = []
        for (link, answer) in zip(links, answers) {
            guard case .success(let replies) = answer, let found = replies.first.flatMap(NetworkLink.init) else {
                continue
            }
            if !found.isUp { throw LinuxError("start", "link \(link.name)", errno: .networkDown) }
            if !found.isRunning { idle.append(link) }
        }
        return idle
    }

    private static let linkGroup: Int32 = 1  // RTNLGRP_LINK of linux/rtnetlink.h
}
