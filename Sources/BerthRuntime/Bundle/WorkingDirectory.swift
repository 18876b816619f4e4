import Glibc

/// Where the command was called.
enum WorkingDirectory {
    static func path() throws(Failure) -> String {
        guard let path = getcwd(nil, 0) else { throw Failure("cannot read the working directory") }
        defer { free(path) }
        return String(cString: path)
    }
}
