import BerthLinux
import Glibc
import Synchronization
import SystemPackage

/// Tells when files are written to (inotify).
final class FileWatcher: Sendable {
    private struct State {
        /// The watchers of each watched file, by inotify's number for it.
        var watchers: [Int32: [UInt64: @Sendable () -> Void]] = [:]
        var last: UInt64 = 0
    }
    private let state = Mutex(State())
    private let inotify: Int32
    private let poller: Poller

    init() throws(LinuxError) {
        inotify = try check("make", "inotify instance") { inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK)) }
        poller = try Poller(name: "berth-watch")
        let number = inotify
        try poller.watch(OwnedDescriptor(owning: number)) { [weak self] in self?.tell() ?? false }
    }

    deinit {
        // The end of a watch is an event (IN_IGNORED): the poller hears it, finds nobody, and closes the instance, of which
        // a user may have 128.
        inotify_rm_watch(inotify, inotify_add_watch(inotify, "/", UInt32(IN_MODIFY)))
    }

    /// A watch that lasts as long as this value.
    final class Watch: Sendable {
        private let end: @Sendable () -> Void
        fileprivate init(_ end: @escaping @Sendable () -> Void) { self.end = end }
        deinit { end() }
    }

    /// Calls `wake` whenever the file grows, until the answered value ends; nil when there is no file.
    func watch(_ path: String, _ wake: @escaping @Sendable () -> Void) throws(LinuxError) -> Watch? {
        // Under the lock, so that no event of a new watch is looked up before it is entered.
        try state.withLock { (state) throws(LinuxError) in
            let descriptor: Int32
            do throws(LinuxError) {
                descriptor = try check("watch", path) { inotify_add_watch(inotify, path, UInt32(IN_MODIFY)) }
            } catch {
                if error.errno == .noSuchFileOrDirectory { return nil }
                throw error
            }
            state.last += 1
            let key = state.last
            state.watchers[descriptor, default: [:]][key] = wake
            return Watch { [weak self] in self?.unwatch(descriptor, key) }
        }
    }

    private func unwatch(_ descriptor: Int32, _ key: UInt64) {
        state.withLock { state in
            state.watchers[descriptor]?[key] = nil
            guard state.watchers[descriptor]?.isEmpty == true else { return }
            state.watchers[descriptor] = nil
            inotify_rm_watch(inotify, descriptor)
        }
    }

    /// Reads what inotify has to say and wakes those whom it concerns.
    private func tell() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        let count = bytes.withUnsafeMutableBytes { read(inotify, $0.baseAddress, $0.count) }
        if count <= 0 { return count < 0 && (errno == EAGAIN || errno == EINTR) }
        var written: Set<Int32> = []
        bytes.withUnsafeBytes { raw in
            var offset = 0
            while offset + MemoryLayout<inotify_event>.size <= count {
                let event = raw.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                written.insert(event.wd)
                offset += MemoryLayout<inotify_event>.size + Int(event.len)
            }
        }
        // -1 stands for a queue that overflowed: anything may have been written.
        let wakes = state.withLock { state in
            state.watchers.filter { written.contains($0.key) || written.contains(-1) }.flatMap(\.value.values)
        }
        for wake in wakes { wake() }
        return true
    }
}
