import BerthLinux
import BerthOCI
import Glibc

extension Verb {
    static let spec = Verb(
        name: "spec", operands: "", summary: "write a config.json to begin with",
        options: [
            .value("bundle", "b", as: "DIRECTORY", "where it is written (default: the working directory)"),
            .flag("rootless", nil, "for a user without privileges"),
        ], count: 0...0
    ) { invocation throws(Failure) in
        let path = (invocation.arguments["bundle"] ?? ".") + "/config.json"
        let rootless = invocation.arguments.has("rootless") ? (geteuid(), getegid()) : nil
        let text = DefaultConfiguration.document(rootless: rootless).text(indent: "\t") + "\n"
        try step { () throws(LinuxError) in
            // One that is there is somebody's work.
            try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
                .writeAll(Array(text.utf8), subject: path)
        }
        return 0
    }
}
