import BerthLinux
import CLinux
import Glibc
import SystemPackage

/// Programs of the host that a command runs.
enum Program {
    /// What a program prints, by lines; it is searched in PATH.
    static func output(of name: String, _ arguments: [String]) throws(Failure) -> [String] {
        let text = try step { () throws(LinuxError) in
            let pipe = try Pipe()
            let reading = pipe.read
            let process = try start(name, arguments, printingTo: pipe.write)
            defer { waitpid(process, nil, 0) }
            return try SmallFile.readBytes(of: reading.number, named: "what \(name) prints", limit: 64 << 20)
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Our own copy of the pipe's end is closed behind it: the reader would wait for it.
    private static func start(
        _ name: String, _ arguments: [String], printingTo output: consuming OwnedDescriptor
    ) throws(LinuxError) -> pid_t {
        var actions = try SpawnActions()
        try actions.copy(output.number, to: 1)
        var argv: [UnsafeMutablePointer<CChar>?] = ([name] + arguments).map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        var process = pid_t()
        let error = posix_spawnp(&process, name, &actions.raw, nil, &argv, environ)
        guard error == 0 else { throw LinuxError("start", name, errno: Errno(rawValue: error)) }
        return process
    }
}
