import BerthLinux
import CBerthPlan

/// Where a program is looked for, as execvp(3) does it: a command without a slash in each directory of the `PATH` that it will
/// have itself, the last one if there are several.
struct CommandPaths: Equatable {
    /// In turn; empty for an empty command. Of a `PATH` of very many directories only the first 1,024 are searched.
    var all: [String]
    /// Whether there are several places: then one that leads through a file is missing like any other.
    var isSearch: Bool

    init(_ command: String, environment: [String]) {
        isSearch = !command.utf8.contains(Self.slash)
        guard isSearch && !command.isEmpty else {
            all = command.isEmpty ? [] : [command]
            return
        }
        all = Self.directories(environment).prefix(Self.most).map { "\(Substring($0))/\(command)" }
            .filter { $0.utf8.count < Self.longest }
    }

    /// An image decides what its `PATH` is, and each directory of it makes a text of the plan.
    ///
    /// - Throws: E2BIG when there are more directories than are searched.
    static func check(_ command: String, environment: [String], in container: String) throws(LinuxError) {
        guard !command.utf8.contains(slash), directories(environment).count > most else { return }
        throw LinuxError(
            "search \(command) in", "the PATH of container \(container), which has more than \(most) directories",
            errno: .argListTooLong)
    }

    /// By bytes, as the kernel and the C library see them; one more than are searched at most.
    private static func directories(_ environment: [String]) -> [Substring.UTF8View] {
        let set = environment.last { $0.utf8.starts(with: variable) }?.utf8.dropFirst(variable.count)
        return (set ?? BERTH_USUAL_PATH.utf8[...]).split(separator: colon, maxSplits: most + 1)
    }

    private static let most = 1024
    private static let variable = "PATH=".utf8
    private static let slash = UInt8(ascii: "/")
    private static let colon = UInt8(ascii: ":")
    /// PATH_MAX of linux/limits.h, the end of the text included.
    private static let longest = 4096
}
