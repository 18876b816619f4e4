import BerthLinux
import Glibc

/// The path of the daemon's unix socket, kept from everybody else: mode 0600 in a directory of mode 0700.
struct SocketPath: Sendable {
    let path: String

    /// Bytes of `sun_path` in unix(7), less the closing zero.
    private static let longest = 107

    /// Makes the directory, or checks that the one there is closed to others.
    func prepare() throws(ListenError) {
        guard path.utf8.count <= Self.longest else {
            throw ListenError(
                address: path, cause: "a socket's path holds at most \(Self.longest) bytes",
                remedy: "Choose a root directory with a shorter path.")
        }
        let directory = PrivateFile.directory(of: path)
        if mkdir(directory, 0o700) == -1, errno != EEXIST {
            throw ListenError(LinuxError("make", directory, errno: .current), address: path)
        }
        var status = stat()
        guard stat(directory, &status) == 0 else {
            throw ListenError(LinuxError("read", directory, errno: .current), address: path)
        }
        guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
            throw ListenError(
                address: path, cause: "others can enter \(directory)",
                remedy: "Run chmod 700 \(directory) as its owner, or choose another directory.")
        }
    }

    /// Narrows the bound socket: bind(2) made it under the umask, inside the closed directory.
    func close() throws(ListenError) {
        if chmod(path, 0o600) == -1 { throw ListenError(LinuxError("close", path, errno: .current), address: path) }
    }

    /// Removes the socket once nobody listens.
    func remove() { unlink(path) }
}
