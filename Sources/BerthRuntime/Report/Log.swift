import BerthLinux
import BerthOCI
import Glibc

/// Where a command says what it does and why it failed, a line each, in the two formats that callers read.
struct Log: Sendable {
    enum Format: String, Sendable {
        case text
        case json
    }

    private var descriptor: Int32
    private var format: Format
    private var isDebug: Bool

    static let standardError = Log(descriptor: 2, format: .text, isDebug: false)

    private init(descriptor: Int32, format: Format, isDebug: Bool) {
        self.descriptor = descriptor
        self.format = format
        self.isDebug = isDebug
    }

    init(_ options: GlobalOptions) throws(Failure) {
        self.init(descriptor: 2, format: options.logFormat, isDebug: options.isDebug)
        guard let path = options.logPath else { return }
        // The process's whole life long; a container never sees it: it closes at exec.
        descriptor = try step { () throws(LinuxError) in
            try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, mode: 0o644).release()
        }
    }

    func debug(_ message: @autoclosure () -> String) {
        if isDebug { write("debug", message()) }
    }

    func warning(_ message: String) { write("warning", message) }

    /// The last words of a command. Callers that have us log to a file show their users our standard error.
    func failure(_ message: String) {
        write("error", message)
        if descriptor != 2 { StandardError.write(message + "\n") }
    }

    private func write(_ level: String, _ message: String) {
        let time = Moment.now.text(fraction: false)
        let line: String
        switch format {
        case .json:
            line = JSONValue.object([
                .init("level", .string(level)), .init("msg", .string(message)), .init("time", .string(time)),
            ]).text()
        case .text: line = "time=\"\(time)\" level=\(level) msg=\(JSONValue.string(message).text())"
        }
        Stream.write(line + "\n", to: descriptor)
    }
}
