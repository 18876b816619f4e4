import BerthLinux
import BerthUnpack
import Glibc
import SystemPackage

/// A directory under the store's `staging` for one piece of work; what is finished is renamed out of it.
final class Workspace: Sendable {
    private let staging: SharedDescriptor
    private let name: String
    private let directory: OwnedDescriptor

    init(staging: SharedDescriptor) throws(ImageError) {
        self.staging = staging
        let name = String(UInt64.random(in: .min ... .max), radix: 16)
        self.name = name
        directory = try storing { () throws(LinuxError) in
            try check("make", "staging/\(name)") { mkdirat(staging.descriptor.number, name, 0o700) }
            return try OwnedDescriptor.open(name, at: staging.descriptor, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }

    /// To hand to a process that works in it.
    var number: Int32 { directory.number }

    /// Opens a directory in it that another process has made.
    func existingDirectory(_ name: String) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try OwnedDescriptor.open(name, at: directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }

    /// Makes and opens a directory in it.
    func subdirectory(_ name: String) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try check("make", "staging/\(self.name)/\(name)") { mkdirat(directory.number, name, 0o700) }
            return try OwnedDescriptor.open(name, at: directory, flags: O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
    }

    /// Makes and opens an empty file in it.
    func file(_ name: String) throws(ImageError) -> OwnedDescriptor {
        try storing { () throws(LinuxError) in
            try OwnedDescriptor.open(name, at: directory, flags: O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        }
    }

    /// Moves a finished entry to `target` in `directory`.
    ///
    /// - Returns: false if something has that name already and `replaces` is false.
    @discardableResult
    func publish(
        _ name: String, as target: String, in directory: borrowing OwnedDescriptor, replaces: Bool
    ) throws(ImageError) -> Bool {
        do throws(LinuxError) {
            try self.directory.rename(name, to: target, in: directory, replaces: replaces)
            return true
        } catch {
            if error.errno == .fileExists { return false }
            throw ImageError(error)
        }
    }

    /// Moves an entry of another directory into it, to be removed with it.
    func take(_ name: String, from other: borrowing OwnedDescriptor, as own: String) throws(ImageError) {
        do throws(LinuxError) {
            try other.rename(name, to: own, in: directory, replaces: false)
        } catch {
            throw ImageError(error)
        }
    }

    /// Removes it with all that was not published. What cannot be removed now is removed when the store is next opened.
    func remove() {
        try? staging.descriptor.removeTree(name)
    }
}
