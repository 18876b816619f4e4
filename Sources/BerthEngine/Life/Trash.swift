import BerthLinux
import BerthTrace
import Glibc
import Logging

/// Task directories on their way out: renamed at once, removed in a lull between tasks. One that cannot be removed is tried again
/// when the next task has ended, and by the next daemon.
final class Trash: Sendable {
    private let directory: String
    private let logger: Logger
    private let thread: LullThread<String>

    /// - Parameter directory: on the file system of the tasks' directories.
    init(_ directory: String, logger: Logger, tracer: Tracer?) throws(LinuxError) {
        (self.directory, self.logger) = (directory, logger)
        // What a task wrote may be as large as the disk: others need the room soon, however busy the host is.
        let nothing = Postponed<String>(pause: .milliseconds(50), patience: .seconds(1))
        thread = try LullThread(name: "berth-trash", nothing) { name in
            let begun = tracer?.now()
            defer { tracer?.work(.sweep, since: begun) }
            do throws(LinuxError) {
                try OwnedDescriptor.open(directory, flags: O_RDONLY | O_DIRECTORY).removeTree(name)
                return true
            } catch {
                logger.error("\(error)")
                return false
            }
        }
    }

    /// A task is to be launched.
    func taskComes() { thread.taskComes() }

    /// Moves a task's directory out of the way; one that is not there is no error.
    func take(_ path: String, of id: String) {
        let name = "\(id)-\(UInt32.random(in: .min ... .max))"
        do throws(LinuxError) {
            try check("move away", id) { rename(path, directory + "/" + name) }
            thread.postpone(name)
        } catch {
            if error.errno != .noSuchFileOrDirectory { logger.error("\(error)") }
        }
    }

    /// Has removed what an earlier daemon left.
    func takeUp() {
        do throws(LinuxError) {
            let trash = try OwnedDescriptor.open(directory, flags: O_RDONLY | O_DIRECTORY)
            for name in try trash.entryNames(directory) {
                thread.postpone(String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
        } catch {
            logger.error("\(error)")
        }
    }
}

extension Engine {
    /// Moves a task's directory out of the way, to be removed when there is time.
    func moveToTrash(_ id: String) { trash.take(configuration.tasksDirectory + "/" + id, of: id) }
}
