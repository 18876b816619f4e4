import BerthLinux
import Glibc
import SystemPackage

/// The right to serve a root directory: one daemon at a time, held until this value ends or the process dies.
public struct RootLock: ~Copyable, Sendable {
    private let file: OwnedDescriptor

    /// Takes `DIR/lock` with flock(2), which the kernel gives back even after a `kill -9`.
    ///
    /// - Throws: ``StoreError`` with ``StoreError/Cause/served(pid:)`` when another daemon holds it.
    public init(directory: String) throws(StoreError) { file = try Self.take(directory) }

    private static func take(_ directory: String) throws(StoreError) -> OwnedDescriptor {
        let path = directory + "/lock"
        do throws(LinuxError) {
            let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT, mode: 0o600)
            let number = file.number
            try lock(number, path)
            // Only for people and for the refusal below: the lock itself is the truth.
            let text = "\(getpid())\n"
            _ = ftruncate(number, 0)
            _ = text.withCString { pwrite(number, $0, text.utf8.count, 0) }
            return file
        } catch {
            if error.errno != .wouldBlock { throw StoreError("lock", directory, linux: error) }
            throw StoreError(operation: "serve", subject: directory, cause: .served(pid: holder(path)))
        }
    }

    /// A daemon that was killed while it spawned a shim lives on in that child, with a copy of its descriptors, until
    /// the child has called exec. So a lock of a process that is gone is waited for: 2 s, where a moment is enough.
    private static func lock(_ number: Int32, _ path: String) throws(LinuxError) {
        var tries = 200
        while true {
            do throws(LinuxError) {
                try check("lock", path) { flock(number, LOCK_EX | LOCK_NB) }
                return
            } catch {
                guard error.errno == .wouldBlock, tries > 0, let pid = holder(path), isGone(pid) else { throw error }
                tries -= 1
                usleep(10_000)
            }
        }
    }

    private static func isGone(_ pid: Int32) -> Bool { kill(pid, 0) != 0 && errno == ESRCH }

    private static func holder(_ path: String) -> Int32? {
        guard let text = try? SmallFile.read(path, limit: 64) else { return nil }
        return Int32(text.prefix { $0.isNumber })
    }
}
