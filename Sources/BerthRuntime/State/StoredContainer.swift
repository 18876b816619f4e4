import BerthLinux
import BerthOCI
import Glibc
import SystemPackage

/// A container's directory. Files in it appear whole or not at all.
struct StoredContainer: ~Copyable {
    let id: ContainerID
    /// Absolute.
    let path: String
    let directory: OwnedDescriptor

    /// What `create` listens on until `start` connects.
    static let gate = "start.sock"
    private static let lockFile = "lock"
    private static let record = "state.json"
    private static let configuration = "config.json"

    /// Waits until no other command changes the container; until this one ends, none does.
    ///
    /// A POSIX lock and not flock(2): that would live on in the container's own process, which is a fork of this one.
    func lock() throws(Failure) {
        let file = try step { () throws(LinuxError) in
            try OwnedDescriptor.open(
                Self.lockFile, at: directory, flags: O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
        }
        var whole = flock()
        whole.l_type = Int16(F_WRLCK)
        var status = stat()
        try step { () throws(LinuxError) in
            _ = try check("lock", path) { fcntl(file.number, F_SETLKW, &whole) }
            _ = try check("read", path) { fstat(file.number, &status) }
        }
        if status.st_nlink == 0 { throw Failure("container \(id) does not exist") }
        // Open until this process ends: closing it would end the lock.
        _ = file.release()
    }

    /// Lets other commands change the container. A POSIX lock goes with any descriptor of its file.
    func unlock() {
        _ = try? OwnedDescriptor.open(Self.lockFile, at: directory, flags: O_RDWR | O_NOFOLLOW)
    }

    /// Nil when `create` has not got as far, or died before.
    func record() throws(Failure) -> ContainerRecord? {
        let path = "\(path)/\(Self.record)"
        let bytes: [UInt8]
        do throws(LinuxError) {
            bytes = try SmallFile.readBytes(path, limit: 16 << 20)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw Failure(error.description)
        }
        let document = try JSONReader.parse(bytes, name: path)
        do throws(SpecError) {
            return try ContainerRecord(document)
        } catch {
            throw Failure("\(path): \(error)")
        }
    }

    func store(_ record: ContainerRecord) throws(Failure) { try write(record.document.bytes(), to: Self.record) }

    /// The container's configuration as it was when it was created.
    func bundle() throws(Failure) -> Bundle {
        guard let record = try record() else { throw Failure("container \(id) was never created whole; delete it") }
        return try Bundle(path: record.bundle, configuration: "\(path)/\(Self.configuration)")
    }

    /// - Parameter text: `config.json`, as it is.
    func store(configuration text: [UInt8]) throws(Failure) { try write(text, to: Self.configuration) }

    /// Whether the program has not been started yet.
    var hasGate: Bool { access("\(path)/\(Self.gate)", F_OK) == 0 }

    func removeGate() { _ = unlinkat(directory.number, Self.gate, 0) }

    func remove() throws(Failure) {
        // The record goes last but one: a deletion that is interrupted can be taken up again.
        for name in [Self.gate, Self.configuration, Self.record, Self.lockFile] {
            if unlinkat(directory.number, name, 0) != 0 && errno != ENOENT {
                throw Failure("\(LinuxError("remove", "\(path)/\(name)", errno: .current))")
            }
        }
        if rmdir(path) != 0 && errno != ENOENT {
            throw Failure("\(LinuxError("remove", path, errno: .current))")
        }
    }

    private func write(_ text: [UInt8], to name: String) throws(Failure) {
        let temporary = ".\(name).new"
        try step { () throws(LinuxError) in
            let file = try OwnedDescriptor.open(
                temporary, at: directory, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
            try file.writeAll(text, subject: temporary)
            _ = try check("rename", "\(path)/\(temporary)") {
                renameat(directory.number, temporary, directory.number, name)
            }
        }
    }
}
